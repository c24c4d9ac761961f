import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApp, listApps } from '../../src/store/apps.ts'
import { copyDatabase } from '../../src/store/copies.ts'
import { holdExclusively } from '../../src/store/driver.ts'
import { appendEvent, listEvents } from '../../src/store/events.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { migrate } from '../../src/store/migrate.ts'
import { migrations } from '../../src/store/migrations/list.ts'
import { setSetting } from '../../src/store/settings.ts'
import { type Db, openStore, type Store } from '../../src/store/store.ts'
import { at, failureOf, options, place, scratchFolder, scratchStore } from './scratch.ts'

/** A small disk of its own, which only root can make. */
function smallDisk(megabytes: number): string {
  const folder = scratchFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'naru-test', folder])
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
  })
  return folder
}

const canMount = ((): boolean => {
  if (process.getuid?.() !== 0) return false
  const folder = '/tmp/naru-store-mount'
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'naru-test', folder], {
      stdio: 'ignore',
    })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false // A container without that right: the tests with a limit on pages stand in.
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})()

const fill = (store: Store, number: number) =>
  store.write(async (db) => {
    await setSetting(db, place, `FILL_${number}`, 'x'.repeat(60_000))
    await appendEvent(db, at, { ...place, kind: 'build.started', data: { build: number } })
  })

const integrity = async (db: Db): Promise<unknown> =>
  (await sql`pragma integrity_check`.execute(db)).rows[0]

describe.runIf(canMount)('on a disk that is full', () => {
  /** Writes until nothing fits any more, and returns how many changes were acknowledged. */
  async function fillUp(store: Store): Promise<number> {
    for (let number = 1; ; number += 1) {
      try {
        await fill(store, number)
      } catch (error) {
        expect(error).toMatchObject({ code: 'data.full', facts: { folder: store.folder } })
        return number - 1
      }
    }
  }

  test('a change is refused whole, reading goes on, and with room again so does writing', async () => {
    const folder = smallDisk(4)
    const ballast = join(folder, 'ballast')
    writeFileSync(ballast, Buffer.alloc(512 * 1024))
    const store = await scratchStore(folder)
    await store.write((db) => createApp(db, { name: 'shop', at }))
    const told: number[] = []
    store.onEvent(({ id }) => told.push(id))
    const acknowledged = await fillUp(store)
    const ids = Array.from({ length: acknowledged }, (_, index) => index + 1)
    expect(acknowledged).toBeGreaterThan(5)
    expect((await listEvents(store.db)).map(({ id }) => id)).toEqual(ids)
    expect(await failureOf(() => fill(store, 0))).toMatchObject({ code: 'data.full' })
    rmSync(ballast)
    await fill(store, 0)
    expect(told).toEqual([...ids, acknowledged + 1])
    expect(await integrity(store.db)).toEqual({ integrity_check: 'ok' })
  })

  test('a store opens all the same, with everything that was acknowledged', async () => {
    const folder = smallDisk(4)
    const store = await openStore(folder, options)
    await store.write((db) => createApp(db, { name: 'shop', at }))
    const acknowledged = await fillUp(store)
    await store.close()
    const again = await scratchStore(folder)
    expect(await listEvents(again.db)).toHaveLength(acknowledged)
  })

  test('no copy is made, so the rest stays for what matters, and no half of one is left', async () => {
    const folder = smallDisk(4)
    const store = await scratchStore(folder)
    await store.write((db) => createApp(db, { name: 'shop', at }))
    const free = () => statfsSync(folder).bavail
    const before = free()
    expect(await failureOf(() => copyDatabase(store, new Date(at)))).toEqual({
      code: 'data.full',
      facts: { folder },
    })
    expect(free()).toBe(before)
    await fill(store, 1)
  })

  test('a database is not changed to a newer form without the copy that goes back', async () => {
    const folder = smallDisk(4)
    await (await openStore(folder, options)).close()
    const change = {
      up: async (db: Db) => void (await sql`create table more (id integer)`.execute(db)),
    }
    expect(
      await failureOf(() => migrate(folder, { ...migrations, '9001-more': change }, options)),
    ).toEqual({
      code: 'data.full',
      facts: { folder },
    })
    const store = await scratchStore(folder)
    expect(
      (await sql`select 1 from sqlite_master where name = 'more'`.execute(store.db)).rows,
    ).toEqual([])
  })

  test('a new store says so', async () => {
    const folder = smallDisk(1)
    writeFileSync(
      join(folder, 'ballast'),
      Buffer.alloc(statfsSync(folder).bavail * statfsSync(folder).bsize),
    )
    expect(await failureOf(() => openStore(folder, options))).toEqual({
      code: 'data.full',
      facts: { folder },
    })
  })
})

describe('when the database may grow no more', () => {
  test('what a change still does after the failure it caught is refused too, so that it is never kept by half', async () => {
    const store = await scratchStore()
    await store.write((db) => createApp(db, { name: 'shop', at }))
    await store.write(async (db) => {
      const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db)
      await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(db)
    })
    const half = store.write(async (db) => {
      await createApp(db, { name: 'blog', at })
      await expect(setSetting(db, place, 'BIG', 'x'.repeat(1_000_000))).rejects.toMatchObject({
        code: 'data.full',
      })
      await createApp(db, { name: 'wiki', at })
    })
    await expect(half).rejects.toThrow('rolled back already')
    expect((await listApps(store.db)).map(({ name }) => name)).toEqual(['shop'])
    await store.write((db) => sql`pragma max_page_count = 1000000`.execute(db))
    await store.write((db) => setSetting(db, place, 'BIG', 'x'.repeat(1_000_000)))
  })
})

describe('a file that is damaged', () => {
  async function filledStore(): Promise<{ folder: string; file: string }> {
    const folder = scratchFolder()
    const store = await openStore(folder, options)
    await store.write((db) => createApp(db, { name: 'shop', at }))
    for (let number = 1; number <= 20; number += 1) await fill(store, number)
    await store.close()
    return { folder, file: join(folder, 'naru.db') }
  }

  function overwrite(file: string, from: number, bytes: number): void {
    const handle = openSync(file, 'r+')
    expect(fstatSync(handle).size).toBeGreaterThan(from + bytes)
    writeSync(handle, Buffer.alloc(bytes, 0xa5), 0, bytes, from)
    closeSync(handle)
  }

  test.each([
    ['in its header', 0, 16, 'not a database'],
    ['in its first page', 100, 2000, ''],
    ['in an inner page', 4096 * 3, 4096, ''],
  ])('%s is named, and left as it is', async (_, from, bytes, reason) => {
    const { folder, file } = await filledStore()
    overwrite(file, from, bytes)
    const damaged = readFileSync(file)
    const failure = await failureOf(() => openStore(folder, options))
    expect(failure).toEqual({
      code: 'data.broken',
      facts: { file, reason: expect.stringContaining(reason) },
    })
    expect(readFileSync(file).equals(damaged)).toBe(true)
  })

  test('by being cut off is named', async () => {
    const { folder, file } = await filledStore()
    truncateSync(file, 4096 * 10)
    expect(await failureOf(() => openStore(folder, options))).toMatchObject({
      code: 'data.broken',
      facts: { file },
    })
  })

  test.each(['empty', 'gone'])(
    'by being %s does not make Naru begin anew and forget what runs',
    async (how) => {
      const { folder, file } = await filledStore()
      if (how === 'empty') truncateSync(file, 0)
      else rmSync(file)
      expect(await failureOf(() => openStore(folder, options))).toEqual({
        code: 'data.broken',
        facts: { file, reason: 'it is empty, although this folder has been used before' },
      })
    },
  )

  test('is named when it is found while Naru runs', async () => {
    const { folder, file } = await filledStore()
    const store = await scratchStore(folder)
    overwrite(file, 4096 * 2, 4096 * 60)
    const failure = await failureOf(() => sql`select * from settings`.execute(store.db))
    expect(failure).toMatchObject({ code: 'data.broken', facts: { file } })
  })
})

describe('a folder', () => {
  test('that is a file is refused', async () => {
    const folder = join(scratchFolder(), 'file')
    writeFileSync(folder, '')
    const failure = {
      code: 'data.unwritable',
      facts: { folder, reason: 'there is a file of that name' },
    }
    expect(await failureOf(() => openStore(folder, options))).toEqual(failure)
    expect(await failureOf(() => lockFolder(folder))).toEqual(failure)
  })

  test('below a file is refused', async () => {
    const file = join(scratchFolder(), 'file')
    writeFileSync(file, '')
    const failure = await failureOf(() => openStore(join(file, 'data'), options))
    expect(failure).toMatchObject({
      code: 'data.unwritable',
      facts: { reason: 'part of its path is a file' },
    })
  })

  test.runIf(canMount).each(['new', 'used before'])(
    'on a read-only file system is refused, %s',
    async (kind) => {
      const folder = smallDisk(4)
      if (kind !== 'new') {
        await (await openStore(folder, options)).close()
        lockFolder(folder).release()
      }
      execFileSync('mount', ['-o', 'remount,ro', folder])
      const refused = { code: 'data.unwritable', facts: { folder, reason: expect.any(String) } }
      expect(await failureOf(() => lockFolder(folder))).toEqual(refused)
      expect(await failureOf(() => openStore(folder, options))).toEqual(refused)
    },
  )

  test.runIf(process.getuid?.() !== 0)('that may not be written to is refused', async () => {
    const folder = scratchFolder()
    chmodSync(folder, 0o500)
    onTestFinished(() => chmodSync(folder, 0o700))
    const refused = { code: 'data.unwritable', facts: { folder, reason: 'permission denied' } }
    expect(await failureOf(() => openStore(folder, options))).toEqual(refused)
    expect(existsSync(join(folder, 'naru.db'))).toBe(false)
  })

  test('whose database another program holds says which file, and goes on when it is let go', async () => {
    const folder = scratchFolder()
    const store = await scratchStore(folder)
    await store.write((db) => sql`pragma busy_timeout = 50`.execute(db))
    const file = join(folder, 'naru.db')
    const shell = holdExclusively(file)
    const change = () => store.write((db) => createApp(db, { name: 'shop', at }))
    expect(await failureOf(change)).toEqual({ code: 'data.busy', facts: { file } })
    expect(await listApps(store.db)).toEqual([])
    shell.release()
    await change()
  })
})
