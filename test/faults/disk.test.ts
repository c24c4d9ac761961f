import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as timePasses } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { mountReadOnly, mountTmpfs } from '../support/mount.ts'
import { isAlive, Naru, until } from '../support/naru.ts'
import { expectRefusal, stackFrame } from '../support/refusal.ts'
import { Subject } from './subject.ts'

let naru: Naru
let shop: Subject
let pid: number
let unmount: () => void
const filler = () => join(naru.data, 'filler')

/** Takes all there is left, to the last byte. The database's log is emptied first: what it had could be written again. */
function fill(): void {
  const database = new Sqlite(join(naru.data, 'naru.db'))
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  const file = openSync(filler(), 'a')
  for (let size = 1 << 20; size >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(size))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      size >>= 1
    }
  }
  closeSync(file)
}

const makeRoom = () => rmSync(filler(), { force: true })

/** What the server computes in a second. */
async function busyMs(): Promise<number> {
  const read = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  }
  const before = read()
  await timePasses(1000)
  return read() - before
}

/** Whatever the disk refused, the database is whole, and the server is the one that was started. */
async function nothingIsBroken(): Promise<void> {
  const database = new Sqlite(join(naru.data, 'naru.db'), { readonly: true })
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  database.close()
  expect(naru.pid()).toBe(pid)
}

const isRoot = process.getuid?.() === 0

beforeAll(async () => {
  if (!isRoot) return // Only root can make a small disk.
  naru = await Naru.create()
  unmount = mountTmpfs(naru.data, 'size=64m,mode=711')
  await naru.up()
  pid = naru.pid()
  shop = await Subject.serving(naru, 'shop', webApp({ says: 'one' }))
})
afterEach(() => {
  if (isRoot) makeRoom()
})
afterAll(async () => {
  if (!isRoot) return
  await naru.cli(['down'])
  unmount()
  await naru.close()
})

/** What of the server's log is new says so: what was decided cannot be written down. */
async function refusedSince(length: number): Promise<void> {
  await until(() => log().slice(length).includes('data.full'), 'the disk to refuse something')
}
const log = () => readFileSync(join(naru.data, 'server.log'), 'utf8')

describe.runIf(isRoot)('a full disk', () => {
  it('refuses every change in words and serves on; with room again, the next push is taken', async () => {
    fill()
    await shop.repository.commit(webApp({ says: 'two' }))

    const visitors = await shop.underLoad(async () => {
      for (let times = 0; times < 3; times += 1) {
        const { code, output } = await shop.repository.push()
        expect(code).toBe(1)
        expect(output).toMatch(/the disk that holds \S+ is (\d+ % )?full|No space left on device/)
        expect(output).not.toMatch(stackFrame)
      }
      const set = await naru.cli(['settings', 'set', 'A=1', '--app', 'shop'])
      expectRefusal(set, `the disk that holds ${naru.data} is full`, 'data.full')
      expect((await naru.cli(['status', '--app', 'shop'])).stdout).toContain('v1')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['one'] })

    makeRoom()
    const again = await shop.repository.push()
    expect(again.output).toContain('live at')
    expect(again.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('two')
    await nothingIsBroken()
  })

  it('that a build fills fails the build, which gives the room back', async () => {
    const more = 'build:\n  command: echo filling; cat /dev/zero > zeros\n'
    const visitors = await shop.underLoad(async () => {
      const { code, output } = await shop.repository.deploy(webApp({ says: 'never', more }))
      expect(code).toBe(1)
      expect(output).toMatch(/the disk was full during build \d+/)
      expect(output).toContain('make room')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['two'] })

    expect((await shop.repository.deploy(webApp({ says: 'three' }))).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('three')
    await nothingIsBroken()
  })

  it('while something is built fails the build as soon as that can be written down', async () => {
    const more = 'build:\n  command: echo waiting; sleep 2\n'
    await shop.repository.commit(webApp({ says: 'four', more }))
    const push = shop.repository.pushing()
    await push.said('waiting')
    const before = log().length
    fill()
    await refusedSince(before)

    expect(await busyMs()).toBeLessThan(500)
    expect((await naru.visit('shop')).body).toBe('three')
    makeRoom()
    const { code, output } = await push.ended

    expect(code).toBe(1)
    expect(output).toMatch(/full/)
    expect((await shop.repository.push()).output).toContain('live at')
    await nothingIsBroken()
  })

  it.each([
    ['starts', 'starting', 'five', { healthyFor: '2s' }],
    ['is watched', 'baking', 'six', { settle: '2s' }],
  ] as const)(
    'while a release %s delays what comes next until there is room, and nothing is lost',
    async (_, status, says, times) => {
      const visitors = await shop.underLoad(async () => {
        const pushed = await shop.deployThen(webApp({ says, ...times }), status, async () => {
          const before = log().length
          fill()
          await refusedSince(before)
          expect(await busyMs()).toBeLessThan(500)
          makeRoom()
        })
        expect(pushed.output).toContain('live at')
        expect(pushed.code).toBe(0)
      })
      expect(visitors.failures).toEqual([])
      expect(visitors.seen.at(-1)).toBe(says)
      expect(await shop.newest()).toMatchObject({ status: 'succeeded' })
      await nothingIsBroken()
    },
  )

  it('while an instance dies keeps it from nothing once there is room', async () => {
    const { serving } = await naru.status('shop')
    const before = await shop.pids(serving ?? 0)
    fill()
    await shop.kill(before)
    fill() // What the dead one gives back.
    makeRoom()
    await until(async () => (await naru.visit('shop')).body === 'six', 'the instance to be back')
    await nothingIsBroken()
  })
})

describe.runIf(isRoot)("an engine's folder that cannot be written", () => {
  it('fails what is deployed in words and harms nothing that runs; written again, all goes on', async () => {
    const visitors = await shop.underLoad(async () => {
      const unlock = mountReadOnly(join(naru.data, 'engine'))
      try {
        const { code, output } = await shop.repository.deploy(webApp({ says: 'seven' }))
        expect(code).toBe(1)
        expect(output).toContain('EROFS')
        expect(output).not.toMatch(stackFrame)
      } finally {
        unlock()
      }
      const again = await shop.repository.push()
      expect(again.output).toContain('live at')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['six', 'seven'] })
    await nothingIsBroken()
  })

  it('keeps an instance that dies from starting again until it can be', async () => {
    const [one] = await shop.instances('web', (await naru.status('shop')).serving ?? 0)
    const unlock = mountReadOnly(join(naru.data, 'engine'))
    try {
      await shop.kill([one?.pid ?? 0])
      await until(async () => {
        const instances = await shop.instances()
        return instances.find(({ id }) => id === one?.id)?.reason?.includes('EROFS') ?? false
      }, 'the reason to be told')
    } finally {
      unlock()
    }
    await until(async () => (await naru.visit('shop')).body === 'seven', 'the instance to be back')
    await nothingIsBroken()
  })
})

describe.runIf(isRoot)('a full disk', () => {
  it('does not keep Naru from going down, with its apps', async () => {
    const [instance] = await shop.instances()
    fill()
    const { code, output } = await naru.cli(['down'])
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('is down') })
    expect(isAlive(instance?.pid ?? 0)).toBe(false)
  })

  it('keeps Naru from coming up, in words, until there is room, while apps serve on', async () => {
    expect((await up()).code).toBe(0)
    await until(async () => (await naru.visit('shop')).body === 'seven', 'the app to be back')
    await naru.crash()
    const visitors = await shop.underLoad(async () => {
      fill()
      expectRefusal(await up(), `the disk that holds ${naru.data} is full`, 'data.full')

      makeRoom()
      expect((await up()).code).toBe(0)
      expect((await naru.cli(['status', '--app', 'shop'])).stdout).toMatch(/serving {2}v\d/)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['seven'] })
  })
})

const up = () =>
  naru.cli(['up', '--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`])

/** Leaves so much of the 64 MB. */
function fillUpTo(share: number): void {
  const { blocks, bfree, bsize } = statfsSync(naru.data)
  writeFileSync(filler(), Buffer.alloc(Math.max(0, (blocks * share - (blocks - bfree)) * bsize)))
}

describe.runIf(isRoot)('a disk that fills up', () => {
  it('is warned of from 90 % on, and builds on', async () => {
    fillUpTo(0.92)
    const { code, output } = await shop.repository.deploy(webApp({ says: 'warned' }))
    expect(output).toMatch(
      /warning: the disk that holds \S+ is 9\d % full, with [\d.]+ MB left; from 95 % on nothing is built/,
    )
    expect(code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('warned')
    expect((await naru.cli(['doctor'])).output).toMatch(/[!✖] .*9\d % full/)
  })

  it('takes no build from 95 % on, serves on, and takes the next when there is room', async () => {
    const builds = await naru.client.builds('shop')
    fillUpTo(0.96)
    const visitors = await shop.underLoad(async () => {
      const { code, output } = await shop.repository.deploy(webApp({ says: 'refused' }))
      expect(output).toMatch(/the disk that holds \S+ is 9\d % full, with .* so nothing was built/)
      expect(output).toContain('make room, then push again: du -xh')
      expect(code).toBe(1)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['warned'] })
    expect(await naru.client.builds('shop')).toHaveLength(builds.length)

    makeRoom()
    const { code } = await shop.repository.push()
    expect(code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('refused')
  })
})
