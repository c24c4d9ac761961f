import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { judgePush } from '../../src/source/ref.ts'
import { type Decide, fine, type Person, type Rig, refuse, startPerson, startRig } from './rig.ts'

let rig: Rig
let count = 0
let app: string
let ana: Person

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
beforeEach(async () => {
  app = `app-${++count}`
  await rig.repositories.ensure(app)
  rig.decide = fine
  rig.requests.length = 0
  rig.failures.length = 0
  rig.over.length = 0
  ana = await startPerson(rig, app)
})

/** Decides as the hook does before it asks the server. */
const judge: Decide = async (commands) => {
  try {
    judgePush(commands)
    return commands.map(({ ref }) => ({ ref, ok: true }))
  } catch (error) {
    const reason = error instanceof NaruError ? error.code : String(error)
    return commands.map(({ ref }) => ({ ref, ok: false, reason }))
  }
}

describe('a push', () => {
  it('shows each line to the pusher while the push goes on', async () => {
    await ana.commit('first', { 'index.html': 'hello' })
    const push = ana.start('push', 'naru', 'main')
    let seen = ''
    const shown = (line: string) =>
      new Promise<void>((resolve) => {
        const look = () => seen.includes(`remote: ${line}`) && resolve()
        push.stderr?.on('data', look)
        look()
      })
    push.stderr?.on('data', (chunk) => (seen += chunk))
    rig.decide = async (commands, say) => {
      // Each line is only said once the one before has reached the pusher's terminal.
      for (const line of ['build: ok', 'starting', 'live at http://shop.localhost']) {
        say(line)
        await shown(line)
      }
      return commands.map(({ ref }) => ({ ref, ok: true }))
    }
    expect((await once(push, 'close'))[0]).toBe(0)
  })

  it('that is refused exits with 1, and prints the reason as one line', async () => {
    await ana.commit('first', { 'index.html': 'hello' })
    rig.decide = refuse('it never got\nhealthy \u001b[31m')
    const { code, err } = await ana.git('push', 'naru', 'main')
    expect(code).toBe(1)
    expect(err).toContain('! [remote rejected] main -> main (it never got healthy [31m)')
  })

  it('that was refused can be made again with the same commit', async () => {
    const commit = await ana.commit('first', { 'index.html': 'hello' })
    const pushed: string[] = []
    const remember =
      (decide: Decide): Decide =>
      (commands, say) => {
        pushed.push(...commands.map((command) => command.new))
        return decide(commands, say)
      }
    rig.decide = remember(refuse('no'))
    expect((await ana.git('push', 'naru', 'main')).code).toBe(1)
    expect((await ana.git('push', 'naru', 'main')).code).toBe(1)
    rig.decide = remember(fine)
    expect((await ana.git('push', 'naru', 'main')).code).toBe(0)
    expect(pushed).toEqual([commit, commit, commit])
  })

  it('leaves its commit readable when it was refused', async () => {
    const commit = await ana.commit('first', { 'naru.yaml': 'app: shop\n' })
    rig.decide = refuse('no')
    await ana.git('push', 'naru', 'main')
    expect(await rig.repositories.readFile(app, commit, 'naru.yaml')).toBe('app: shop\n')
  })

  it('moves no branch by itself; the server does', async () => {
    const commit = await ana.commit('first', { 'index.html': 'hello' })
    await ana.git('push', 'naru', 'main')
    expect(await rig.repositories.branchHead(app, 'main')).toBeUndefined()
    await rig.repositories.moveRef(app, 'main', commit)
    expect(await rig.repositories.branchHead(app, 'main')).toBe(commit)
    expect((await ana.git('push', 'naru', 'main')).err).toContain('Everything up-to-date')
  })

  it('of a rewritten history arrives with --force', async () => {
    const first = await ana.commit('first', { 'index.html': '1' })
    await ana.git('push', 'naru', 'main')
    await rig.repositories.moveRef(app, 'main', first)
    await ana.git('update-ref', '-d', 'HEAD')
    const other = await ana.commit('other', { 'index.html': '2' })
    expect((await ana.git('push', 'naru', 'main')).err).toContain('non-fast-forward')
    expect((await ana.git('push', '--force', 'naru', 'main')).code).toBe(0)
    await rig.repositories.moveRef(app, 'main', other)
    expect(await rig.repositories.branchHead(app, 'main')).toBe(other)
  })

  it.each([
    ['a tag', ['v1'], 'push.tag'],
    ['an annotated tag', ['v2'], 'push.tag'],
    ['something that is no branch', ['main:refs/notes/x'], 'push.not-a-branch'],
    ['a ref of Naru itself', ['main:refs/naru/commits/x'], 'push.not-a-branch'],
    ['two branches', ['main', 'main:feature'], 'push.several'],
    ['a branch and a tag', ['main', 'v1'], 'push.several'],
    ['two branches at once or none', ['--atomic', 'main', 'main:feature'], 'push.several'],
    ['a deletion', [':main'], 'push.deletion'],
  ])('of %s reaches the judge, and is refused', async (_, refs, code) => {
    const first = await ana.commit('first', { 'index.html': 'hello' })
    await ana.git('push', 'naru', 'main')
    await rig.repositories.moveRef(app, 'main', first)
    await ana.commit('second', { 'index.html': 'hello 2' })
    await ana.git('tag', 'v1')
    await ana.git('-c', 'user.name=A', '-c', 'user.email=a@b', 'tag', '-a', '-m', 'two', 'v2')
    rig.decide = judge
    const said = await ana.git('push', 'naru', ...refs)
    expect(said.code).toBe(1)
    expect(said.err).toContain(`(${code})`)
    expect(await rig.repositories.branchHead(app, 'main')).toBe(first)
  })

  it('of 30 MB that do not compress arrives, in chunks', async () => {
    const commit = await ana.commit('big', { 'big.bin': randomBytes(30 * 1024 * 1024) })
    expect((await ana.git('push', 'naru', 'main')).code).toBe(0)
    expect(rig.requests).toContain('POST git-receive-pack plain chunked')
    expect(await rig.repositories.listFiles(app, commit)).toEqual([
      { name: 'big.bin', kind: 'file' },
    ])
  })

  it('is refused when its git sends only the newest commits, and says so', async () => {
    await ana.commit('first', { 'index.html': '1' })
    await ana.commit('second', { 'index.html': '2' })
    const bob = await startPerson(rig, app, 'bob')
    await bob.git('fetch', '--depth=1', `file://${ana.folder}`, 'main')
    const { code, err } = await bob.git('push', 'naru', 'FETCH_HEAD:refs/heads/main')
    expect(code).toBe(1)
    expect(err).toContain('shallow update not allowed')
  })

  it('does not get in with a file named ..', async () => {
    const blob = await ana.commit('first', { a: 'hello' })
    const tree = ana.start('hash-object', '-t', 'tree', '-w', '--literally', '--stdin')
    const id = (await ana.git('rev-parse', `${blob}:a`)).out.trim()
    tree.stdin?.end(Buffer.concat([Buffer.from('100644 ..\0'), Buffer.from(id, 'hex')]))
    const [out] = await once(tree.stdout as NodeJS.ReadableStream, 'data')
    const commit = await ana.git(
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@b',
      'commit-tree',
      '-m',
      'x',
      String(out).trim(),
    )
    const { code, err } = await ana.git('push', 'naru', `${commit.out.trim()}:refs/heads/main`)
    expect(code).toBe(1)
    expect(err).toContain('hasDotdot')
  })

  it('fails at once when the server that decides goes away', async () => {
    await ana.commit('first', { 'index.html': 'hello' })
    rig.decide = () => Promise.reject(new Error('killed'))
    const { code, err } = await ana.git('push', 'naru', 'main')
    expect(code).toBe(1)
    expect(err).toContain('! [remote rejected] main -> main (fail to run proc-receive hook)')
  })

  it('goes on without its pusher once it has arrived', async () => {
    const commit = await ana.commit('first', { 'index.html': 'hello' })
    const push = ana.start('push', 'naru', 'main')
    const ended = once(push, 'close')
    rig.decide = async (commands, say) => {
      process.kill(-(push.pid as number), 'SIGINT')
      await ended
      for (let line = 0; line < 1000; line++) say(`line ${line} that nobody reads`)
      return commands.map(({ ref }) => ({ ref, ok: true }))
    }
    await ended
    await expect.poll(() => rig.over).toContain('POST git-receive-pack')
    expect(rig.failures).toEqual([])
    expect((await rig.repositories.commitInfo(app, commit)).title).toBe('first')
  })

  it('that breaks off on its way leaves nothing behind', async () => {
    const asked = await openPush(app)
    asked.destroy()
    await expect.poll(() => rig.over).toEqual(['POST git-receive-pack'])
    const objects = join(await rig.repositories.find(app), 'objects')
    expect((await readdir(objects)).sort()).toEqual(['info', 'pack'])
    expect(rig.failures).toEqual([])
  })
})

/** A push whose body never ends: a ref, and the beginning of a pack. */
async function openPush(name: string) {
  const zero = '0'.repeat(40)
  const line = `${zero} ${'1'.repeat(40)} refs/heads/main\0report-status`
  const asked = request(`${rig.url}/git/${name}.git/git-receive-pack`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`naru:${rig.token}`).toString('base64')}`,
      'content-type': 'application/x-git-receive-pack-request',
      'transfer-encoding': 'chunked',
    },
  })
  asked.on('error', () => {}) // It is cut off on purpose.
  asked.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000PACK`)
  await expect.poll(() => rig.requests.length).toBe(1)
  return asked
}
