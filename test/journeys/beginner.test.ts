import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru } from '../support/naru.ts'
import { expectFailure } from '../support/refusal.ts'
import { failuresIn } from '../support/seen.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const server = (listen: string) =>
  `require('node:http').createServer((request, response) => response.end('ok')).listen(${listen})`

/** An app whose `web` is started so, with a limit within which a slow machine has started it. */
const started = (command: string, text: string) => ({
  'package.json': JSON.stringify({ name: 'app', scripts: { start: command } }),
  'naru.yaml':
    'services:\n  web: { healthy-for: 200ms, healthy-within: 15s, settle: 500ms, stop: { grace: 2s } }\n',
  'server.js': text,
})

describe('an app that cannot be reached', () => {
  it('since it listens at another address of the machine is told so', async () => {
    const files = started('node server.js', server(`process.env.PORT, '127.0.0.2'`))
    const app = await naru.repository('elsewhere', files)

    const push = await app.push()

    expectFailure(push, 'but not at HOST, where it is asked', 'rollout.unhealthy')
    expect(failuresIn(push.stderr)[0]?.hint).toContain('listen at process.env.HOST')
  })

  it('since nothing was pushed yet is not said to be starting', async () => {
    await naru.repository('unborn', { 'index.html': '<p>' })

    expect(await naru.visit('unborn')).toMatchObject({
      status: 503,
      body: expect.stringContaining('unborn.localhost has had no release that serves so far'),
    })
  })
})

describe('an app that ends at once', () => {
  it('without a mistake is told where what ends by itself belongs', async () => {
    const app = await naru.repository('done', started('node server.js', `console.log('done')`))

    const push = await app.push()

    expectFailure(push, 'web of v1 keeps ending: exit code 0', 'rollout.crashed')
    expect(failuresIn(push.stderr)[0]?.hint).toContain('belongs under jobs in naru.yaml')
  })

  it('since its command is a tool of development is told that such tools are not in a release', async () => {
    const files = started('nodemon server.js', server('process.env.PORT'))
    const app = await naru.repository('nodemon', files)

    const push = await app.push()

    expectFailure(push, 'web of v1 keeps ending: exit code 127', 'rollout.crashed')
    expect(push.output).toContain('nodemon: not found')
    expect(failuresIn(push.stderr)[0]?.hint).toContain('dev dependencies are not in a release')
  })
})

describe('a changed secret', () => {
  it('says that what is stable is released again with it, and in which environment it is kept', async () => {
    const app = await naru.repository('keys', webApp({ says: 'one' }))
    await app.push()
    const { folder } = app
    await naru.cli(['env', 'create', 'staging'], { folder })

    const live = await naru.cli(['secret', 'set', 'KEY'], { folder, input: 'a' })
    const kept = await naru.cli(['secret', 'set', 'KEY', '--env', 'staging'], {
      folder,
      input: 'b',
    })

    expect(live.output).toContain('KEY: kept; what is stable is released again with it')
    expect(kept.output).toContain('KEY: kept; the first release of keys in staging will have it')
  })
})

describe('what works although one might doubt it', () => {
  it('is a push from a folder below, of names with blanks and letters of any language', async () => {
    const app = await naru.repository('odd', webApp({ says: 'one' }))
    await app.commit({ 'my files/a b — 나루.txt': 'x' })

    const push = await naru.git(['push', 'naru', 'main'], `${app.folder}/my files`)

    expect(push.code, push.output).toBe(0)
    const list = ['run', '--app', 'odd', '--', 'ls', 'my files']
    expect((await naru.cli(list)).stdout).toContain('a b — 나루.txt')
  })
})

describe('what is no app', () => {
  it('is a home folder: naru deploy sends nothing of it', async () => {
    const deploy = await naru.cli(['deploy'], { folder: naru.home })

    expectFailure(deploy, 'all that is there would be sent, keys included', 'usage.invalid')
    expect((await naru.cli(['apps', '--json'])).stdout).not.toContain('"home"')
  })

  it('is a folder whose name cannot be that of an app: naru init says how to name it', async () => {
    const folder = join(naru.folder, '나루')
    mkdirSync(folder)
    await naru.git(['init', '-q'], folder)

    const init = await naru.cli(['init'], { folder })

    expectFailure(init, '"나루" cannot be the name of an app', 'name.invalid')
    expect(init.stderr).toContain('as in --app shop')
  })

  it('is a package.json with a slip in it: the push says how to find it', async () => {
    const app = await naru.repository('slip', { 'package.json': '{ "name": "slip", }' })

    const push = await app.push()

    expectFailure(push, 'a package.json that is not valid JSON', 'build.no-start')
    expect(failuresIn(push.stderr)[0]?.hint).toContain('mend package.json')
  })
})
