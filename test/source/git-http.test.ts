import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { gitHttp } from '../../src/source/git-http.ts'
import { encodePacket } from '../../src/source/pkt-line.ts'
import { type Person, type Rig, startPerson, startRig } from './rig.ts'

let rig: Rig
let app: string
let ana: Person
let count = 0

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
beforeEach(async () => {
  app = `app-${++count}`
  await rig.repositories.ensure(app)
  rig.requests.length = 0
  rig.failures.length = 0
  rig.over.length = 0
  ana = await startPerson(rig, app)
})

async function live(files: Record<string, string | Buffer>): Promise<string> {
  const commit = await ana.commit('a commit', files)
  const { code, err } = await ana.git('push', '--force', 'naru', 'main')
  if (code !== 0) throw new Error(err)
  await rig.repositories.moveRef(app, 'main', commit)
  return commit
}

type Asked = { method?: string; headers?: Record<string, string>; body?: Buffer }

async function ask(
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<IncomingMessage> {
  const authorization = `Basic ${Buffer.from(`naru:${rig.token}`).toString('base64')}`
  const asked = request(`${rig.url}/git/${path}`, {
    method,
    headers: { authorization, ...headers },
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return answer
}

describe('git over HTTP', () => {
  it.each([
    ['version 2 of the protocol', 2],
    ['version 1', 1],
    ['version 0', 0],
  ])('clones and fetches with %s', async (_, version) => {
    await live({ 'index.html': 'one', '한 글/-x': 'odd' })
    const bob = await startPerson(rig, app, `bob-${version}`)
    const protocol = ['-c', `protocol.version=${version}`]
    const address = `${rig.url.replace('//', `//naru:${rig.token}@`)}/git/${app}.git`
    expect((await bob.git(...protocol, 'clone', '--quiet', address, 'copy')).err).toBe('')
    expect(await readFile(join(bob.folder, 'copy/한 글/-x'), 'utf8')).toBe('odd')
    const second = await live({ 'index.html': 'two' })
    await bob.git('-C', 'copy', ...protocol, 'pull', '--quiet')
    expect((await bob.git('-C', 'copy', 'rev-parse', 'HEAD')).out.trim()).toBe(second)
  })

  it('clones an app that has nothing yet', async () => {
    const { code, err } = await ana.git(
      'clone',
      `${rig.url.replace('//', `//naru:${rig.token}@`)}/git/${app}.git`,
      'copy',
    )
    expect(code).toBe(0)
    expect(err).toContain('empty repository')
  })

  it('reads what git compresses: a long list of what the asker has', async () => {
    await live({ last: 'x' })
    const bob = await startPerson(rig, app, 'bob')
    for (let number = 0; number < 60; number++)
      await bob.commit(`bob ${number}`, { b: `${number}` })
    expect((await bob.git('-c', 'protocol.version=0', 'fetch', 'naru')).code).toBe(0)
    expect(rig.requests.join()).toContain('POST git-upload-pack gzip')
  })

  it('forbids to keep an answer', async () => {
    const answer = await ask(`${app}.git/info/refs?service=git-upload-pack`)
    expect(answer.headers['cache-control']).toBe('no-cache, max-age=0, must-revalidate')
    expect(answer.headers['content-type']).toBe('application/x-git-upload-pack-advertisement')
    expect(await text(answer)).toMatch(/^001e# service=git-upload-pack\n0000/)
  })

  it('speaks the version that was asked for, and gives git nothing else from a header', async () => {
    const path = `${app}.git/info/refs?service=git-upload-pack`
    expect(await text(await ask(path, { headers: { 'git-protocol': 'version=2' } }))).toContain(
      'version 2',
    )
    const odd = await ask(path, { headers: { 'git-protocol': 'version=2 $(id)' } })
    expect(await text(odd)).not.toContain('version 2')
  })

  it.each([
    ['GET', 'APP.git/info/refs', 'path.unknown'],
    ['GET', 'APP.git/info/refs?service=git-shell', 'path.unknown'],
    ['GET', 'APP.git/HEAD', 'path.unknown'],
    ['GET', 'APP.git/git-upload-pack', 'path.unknown'],
    ['POST', 'APP.git/info/refs?service=git-upload-pack', 'path.unknown'],
    ['PUT', 'APP.git/git-receive-pack', 'path.unknown'],
    ['POST', 'APP.git/git-upload-archive', 'path.unknown'],
    ['POST', 'APP.git/git-upload-pack', 'request.invalid'],
    ['GET', 'nobody.git/info/refs?service=git-upload-pack', 'app.unknown'],
    ['GET', '%2e%2e%2fdata.git/info/refs?service=git-upload-pack', 'name.invalid'],
    ['GET', '-x.git/info/refs?service=git-receive-pack', 'name.invalid'],
    ['GET', '%00.git/info/refs?service=git-receive-pack', 'name.invalid'],
  ])('leaves %s %s to its caller, as %s', async (method, path, code) => {
    const answer = await ask(path.replace('APP', app), { method })
    expect(await text(answer)).toBe(code)
    expect(rig.failures).toEqual([code])
  })

  it('refuses a body in an encoding it cannot read, and survives one that is broken', async () => {
    const headers = { 'content-type': 'application/x-git-upload-pack-request' }
    const path = `${app}.git/git-upload-pack`
    const post = (encoding: string, body: Buffer) =>
      ask(path, { method: 'POST', headers: { ...headers, 'content-encoding': encoding }, body })
    expect(await text(await post('br', Buffer.from('x')))).toBe('request.invalid')
    const whole = gzipSync(Buffer.concat([encodePacket('want x'), randomBytes(1000)]))
    for (const body of [Buffer.from('no gzip'), whole.subarray(0, 500), whole])
      await text(await post('gzip', body))
    await expect.poll(() => rig.over.length).toBe(4)
  })

  it('says what git said when it fails before it answers', async () => {
    const path = await rig.repositories.find(app)
    await rm(join(path, 'HEAD'))
    expect(await text(await ask(`${app}.git/info/refs?service=git-upload-pack`))).toBe('git.failed')
    const headers = { 'content-type': 'application/x-git-upload-pack-request' }
    const answer = await ask(`${app}.git/git-upload-pack`, {
      method: 'POST',
      headers,
      body: encodePacket('flush'),
    })
    expect([answer.headers['content-type'], await text(answer)]).toEqual([
      'text/plain',
      'git.failed',
    ])
  })

  it('ends a fetch whose reader has gone', async () => {
    const commit = await live({ big: randomBytes(20 * 1024 * 1024) })
    rig.over.length = 0
    const wants = [
      encodePacket(`want ${commit} side-band-64k ofs-delta\n`),
      encodePacket('flush'),
      encodePacket('done\n'),
    ]
    const headers = { 'content-type': 'application/x-git-upload-pack-request' }
    const answer = await ask(`${app}.git/git-upload-pack`, {
      method: 'POST',
      headers,
      body: Buffer.concat(wants),
    })
    await once(answer, 'readable')
    expect(rig.over).toEqual([])
    answer.destroy()
    await expect.poll(() => rig.over).toEqual(['POST git-upload-pack'])
    expect(rig.failures).toEqual([])
  })

  it.each(['git-upload-pack', 'git-receive-pack'])(
    'lets go of %s whose asker has gone before it began',
    async (service) => {
      const path = await rig.repositories.find(app)
      const late = gitHttp({
        repositories: { find: () => gone.then(() => path) },
        hook: { node: '/nothing', cli: '/nothing' },
        environment: () => ({}),
      })
      const server = createServer()
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const asked = request({
        port: (server.address() as AddressInfo).port,
        method: 'POST',
        headers: { 'content-type': `application/x-${service}-request` },
      })
      asked.on('error', () => {}) // It is cut off on purpose.
      asked.write('0000')
      const [theirs, answer] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
      const gone = once(answer, 'close')
      const over = late.serve(theirs, answer, { app, path: service, query: {}, pusher: 'local' })
      asked.destroy()
      await over
      server.close()
    },
  )

  it('refuses a push, with a reason, when the hook cannot be run', async () => {
    const commit = await ana.commit('first', { a: '1' })
    await chmod(join(await rig.repositories.find(app), 'hooks/proc-receive'), 0o600)
    const { code, err } = await ana.git('push', 'naru', 'main')
    expect(code).toBe(1)
    expect(err).toContain('[remote rejected] main -> main')
    expect(await rig.repositories.branchHead(app, 'main')).toBeUndefined()
    expect((await rig.repositories.commitInfo(app, commit)).commit).toBe(commit)
  })
})
