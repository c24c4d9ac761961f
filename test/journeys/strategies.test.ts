import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository, until } from '../support/naru.ts'
import { Visitors } from '../support/visitor.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const home = (app: string, file: string): string =>
  join(naru.data, 'apps', app, 'home/production', file)

/** Releases of the instances that `naru ps` shows, lowest first. */
async function running(app: string): Promise<number[]> {
  const { instances } = await naru.status(app)
  return instances.map(({ release }) => release).sort()
}

const story = async ({ app }: Repository, deployment: number): Promise<string> =>
  (await naru.cli(['deployments', 'show', `${deployment}`, '--app', app])).stdout

describe('strategy: rolling', () => {
  const rolling = (says: string, more = {}) =>
    webApp({ says, replicas: 3, more: 'strategy: rolling\n', ...more })

  it('replaces three instances one by one and fails no visitor, who meet both releases', async () => {
    const app = await naru.repository('roll', rolling('one'))
    await app.push()
    const visitors = new Visitors(naru.http, 'roll.localhost', 5)
    const mixes = new Set<string>()
    let most = 0
    const look = setInterval(() => {
      void running('roll').then((releases) => {
        mixes.add(`${releases}`)
        most = Math.max(most, releases.length)
      })
    }, 20)

    const { code, output } = await app.deploy(rolling('two'))
    clearInterval(look)
    await visitors.stop()

    expect(code).toBe(0)
    expect(visitors.failures).toEqual([])
    expect(visitors.seen).toEqual(['one', 'two'])
    expect(mixes).toContain('1,1,2')
    expect(mixes).toContain('1,2,2')
    expect(most).toBeLessThanOrEqual(4)
    expect(await running('roll')).toEqual([2, 2, 2])
    expect(output).toMatch(/rolling: v2 replaces v1 one instance at a time; both answer meanwhile/)
    expect(output).toMatch(/1 of 3 instances of web is v2[\s\S]*3 of 3 instances of web are v2/)
  })

  it('goes back when the second instance does not come up, and fails no visitor', async () => {
    const app = await naru.repository('roll-back', rolling('one'))
    await app.push()
    const visitors = new Visitors(naru.http, 'roll-back.localhost', 5)
    // The first of the release makes a note, and whoever finds it never listens.
    const second = {
      webFirst: `const note = process.env.HOME + '/v2'
const fs = require('node:fs')
if (fs.existsSync(note)) { setInterval(() => {}, 1000); return }
fs.writeFileSync(note, '')`,
      healthyWithin: '2s',
    }

    const { code, output } = await app.deploy(rolling('two', second))
    await visitors.stop()

    expect(code).not.toBe(0)
    expect(visitors.failures).toEqual([])
    expect(visitors.seen).toEqual(['one', 'two'])
    expect(output).toContain('web of v2 did not become healthy within 2 s: ')
    expect(output).toContain('v1 is serving again')
    expect(await running('roll-back')).toEqual([1, 1, 1])
  })

  it('rolls back the same way when a person asks', async () => {
    const app = await naru.repository('roll-home', rolling('one'))
    await app.push()
    await app.deploy(rolling('two'))
    const visitors = new Visitors(naru.http, 'roll-home.localhost', 5)

    const { code } = await naru.cli(['rollback', '--app', 'roll-home'])
    await visitors.stop()

    expect(code).toBe(0)
    expect(visitors.failures).toEqual([])
    expect(visitors.seen).toEqual(['two', 'one'])
    expect(await running('roll-home')).toEqual([1, 1, 1])
  })

  it('stops in the middle when it is aborted, and goes back', async () => {
    const app = await naru.repository('roll-abort', rolling('one'))
    await app.push()
    const visitors = new Visitors(naru.http, 'roll-abort.localhost', 5)
    await app.commit(rolling('two', { healthyFor: '1s' }))
    const push = app.pushing()
    await push.said('1 of 3 instances of web is v2')

    await naru.cli(['deployments', 'abort', '2', '--app', 'roll-abort'])
    const { code } = await push.ended
    await visitors.stop()

    expect(code).not.toBe(0)
    expect(visitors.failures).toEqual([])
    expect(await running('roll-abort')).toEqual([1, 1, 1])
  })
})

describe('strategy: recreate', () => {
  /** Holds a file that no other may hold, as some databases do, and notes each time that it could not. */
  const alone = `const fs = require('node:fs')
const lock = process.env.HOME + '/lock'
try { fs.closeSync(fs.openSync(lock, 'wx')) } catch {
  fs.appendFileSync(process.env.HOME + '/met', 'x')
  process.exit(1)
}
process.on('SIGTERM', () => setTimeout(() => { fs.unlinkSync(lock); process.exit(0) }, 300))
`
  const recreate = (says: string, more = {}) => {
    const files = webApp({ says, webFirst: alone, more: 'strategy: recreate\n', ...more })
    const server = (files['server.js'] ?? '').replace(
      /^process\.on\('SIGTERM', \(\) => server.*$/m,
      '',
    )
    return { ...files, 'server.js': server }
  }

  it('ends the old release before the new one starts, and says for how long nothing answered', async () => {
    const app = await naru.repository('alone', recreate('one'))
    await app.push()

    const { code, output } = await app.deploy(recreate('two'))

    expect(code).toBe(0)
    expect(existsSync(home('alone', 'met'))).toBe(false)
    expect((await naru.visit('alone')).body).toBe('two')
    expect(await running('alone')).toEqual([2])
    expect(output).toContain('recreate: v1 ends before v2 starts; nothing answers meanwhile')
    expect(output).toMatch(/ending v1: nothing answers from now on[\s\S]*nothing did for \d/)
  })

  it('shows a page meanwhile that says so', async () => {
    const app = await naru.repository('page', recreate('one'))
    await app.push()
    await app.commit(recreate('two', { healthyFor: '2s' }))
    const push = app.pushing()
    await push.said('nothing answers from now on')

    await until(async () => (await naru.visit('page')).status === 503, 'the page')

    expect((await push.ended).code).toBe(0)
    expect((await naru.visit('page')).body).toBe('two')
  })

  it('starts the old release again when the new one does not come up', async () => {
    const app = await naru.repository('again-alone', recreate('one'))
    await app.push()
    const deaf = { webFirst: `${alone}setInterval(() => {}, 1000); return`, healthyWithin: '1s' }

    const { code, output } = await app.deploy(recreate('two', deaf))

    expect(code).not.toBe(0)
    expect(existsSync(home('again-alone', 'met'))).toBe(false)
    expect(output).toContain('v1 is serving again')
    expect((await naru.visit('again-alone')).body).toBe('one')
    expect(await running('again-alone')).toEqual([1])
    expect(await story(app, 2)).toContain('v1 answers; nothing did for')
  })

  it('is how a rollback from it goes, too', async () => {
    const app = await naru.repository('back-alone', recreate('one'))
    await app.push()
    await app.deploy(recreate('two'))

    const { code } = await naru.cli(['rollback', '--app', 'back-alone'])

    expect(code).toBe(0)
    expect(existsSync(home('back-alone', 'met'))).toBe(false)
    expect((await naru.visit('back-alone')).body).toBe('one')
  })
})
