import { statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jsonLog } from '../../src/base/log.ts'
import type { NaruEvent } from '../../src/model/event.ts'
import { createApp, findApp, listApps } from '../../src/store/apps.ts'
import { appendEvent, listEvents } from '../../src/store/events.ts'
import { type Db, openStore } from '../../src/store/store.ts'
import { at, options, place, scratchFolder, scratchStore, startProgram } from './scratch.ts'

const pragma = async (db: Db, name: string): Promise<unknown> => {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db)
  return Object.values(rows[0] ?? {})[0]
}

const note = (db: Db, build: number) =>
  appendEvent(db, at, { ...place, kind: 'build.started', data: { build } })

describe('every connection', () => {
  test.each(['the first time', 'opened again'])('keeps its promises, %s', async (when) => {
    const folder = scratchFolder()
    if (when === 'opened again') await (await openStore(folder, options)).close()
    const store = await scratchStore(folder)
    const read = (db: Db) =>
      Promise.all(
        ['synchronous', 'foreign_keys', 'journal_mode', 'busy_timeout', 'journal_size_limit'].map(
          (name) => pragma(db, name),
        ),
      )
    const promised = [2, 1, 'wal', 5000, 16 * 1024 * 1024]
    expect(await read(store.db)).toEqual(promised)
    expect(await store.write(read)).toEqual(promised)
  })

  test('is one of a folder and of files that only their owner reads', async () => {
    const folder = join(scratchFolder(), 'data')
    const store = await scratchStore(folder)
    await store.write((db) => note(db, 1))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of ['naru.db', 'naru.db-wal', 'naru.db-shm', 'secret.key']) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600])
    }
  })
})

describe('a change', () => {
  test('is there after the store was closed and opened again', async () => {
    const folder = scratchFolder()
    const first = await openStore(folder, options)
    await first.write((db) => createApp(db, { name: 'shop', at }))
    await first.close()
    const second = await scratchStore(folder)
    expect(await findApp(second.db, 'shop')).toMatchObject({ name: 'shop', createdAt: at })
  })

  test('that throws leaves nothing behind, and the next one goes on', async () => {
    const store = await scratchStore()
    const failed = store.write(async (db) => {
      await createApp(db, { name: 'shop', at })
      throw new Error('second thoughts')
    })
    const next = store.write((db) => createApp(db, { name: 'blog', at }))
    await expect(failed).rejects.toThrow('second thoughts')
    await next
    expect((await listApps(store.db)).map(({ name }) => name)).toEqual(['blog'])
  })

  test('is not seen by a reader, nor joined by one, before it is whole', async () => {
    const store = await scratchStore()
    await store.write(async (db) => {
      await createApp(db, { name: 'shop', at })
      expect(await findApp(db, 'shop')).toBeDefined()
      expect(await findApp(store.db, 'shop')).toBeUndefined()
    })
    expect(await findApp(store.db, 'shop')).toBeDefined()
  })

  test('waits for the one before it, so that what both read and write adds up', async () => {
    const store = await scratchStore()
    const order: number[] = []
    const changes = Array.from({ length: 20 }, (_, number) =>
      store.write(async (db) => {
        const before = (await listEvents(db)).length
        await new Promise((resolve) => setImmediate(resolve))
        await note(db, before)
        order.push(number)
      }),
    )
    await Promise.all(changes)
    expect(order).toEqual(Array.from({ length: 20 }, (_, number) => number))
    expect((await listEvents(store.db)).map(({ data }) => data)).toEqual(
      order.map((build) => ({ build })),
    )
  })

  test('asked for inside a change is refused, since it would wait for itself', async () => {
    const store = await scratchStore()
    const nested = store.write(async () => {
      await store.write((db) => createApp(db, { name: 'shop', at }))
    })
    await expect(nested).rejects.toThrow('wait for itself')
    await store.write((db) => createApp(db, { name: 'shop', at }))
  })

  test('cannot be made through the reading side', async () => {
    const store = await scratchStore()
    await expect(createApp(store.db, { name: 'shop', at })).rejects.toMatchObject({
      code: 'data.unwritable',
    })
  })

  test('cannot go on after its end', async () => {
    const store = await scratchStore()
    const kept: Db[] = []
    await store.write(async (db) => {
      kept.push(db)
    })
    await expect(createApp(kept[0] as Db, { name: 'shop', at })).rejects.toThrow(
      'already committed',
    )
  })

  test('with text that holds NUL is refused before SQLite could cut it', async () => {
    const store = await scratchStore()
    const cut = store.write((db) =>
      appendEvent(db, 'ab\0cd', { ...place, kind: 'router.restarted', data: {} }),
    )
    await expect(cut).rejects.toMatchObject({ code: 'request.invalid' })
    expect(await listEvents(store.db)).toEqual([])
  })

  test('keeps a truth value as 0 or 1, and refuses what has no column', async () => {
    const store = await scratchStore()
    const { rows } = await sql<{
      yes: number
      no: number
    }>`select ${true} as yes, ${false} as no`.execute(store.db)
    expect(rows).toEqual([{ yes: 1, no: 0 }])
    for (const value of [new Date(), {}, [], undefined, Number.NaN]) {
      await expect(sql`select ${value}`.execute(store.db)).rejects.toThrow(TypeError)
    }
  })

  test('that was acknowledged outlives kill -9 of the process', async () => {
    const folder = scratchFolder()
    for (const kills of [1, 20, 60]) {
      const before = await eventCount(folder)
      const child = await startProgram('writer', folder)
      let acknowledged = 0
      while (acknowledged < kills) acknowledged = Number((await child.lines.next()).value)
      child.process.kill('SIGKILL')
      for (let line = await child.lines.next(); !line.done; line = await child.lines.next())
        acknowledged = Number(line.value)
      await child.ended
      const kept = (await eventCount(folder)) - before
      expect(kept).toBeGreaterThanOrEqual(acknowledged * 2)
      expect(kept % 2).toBe(0)
    }
  })
})

describe('events', () => {
  test('are told after their commit, each once, in the order of their ids', async () => {
    const store = await scratchStore()
    const told: NaruEvent[] = []
    store.onEvent((event) => told.push(event))
    let toldInside = -1
    await Promise.all([
      store.write(async (db) => {
        await note(db, 1)
        await note(db, 2)
        toldInside = told.length
      }),
      store.write((db) => note(db, 3)),
    ])
    expect(toldInside).toBe(0)
    expect(told).toEqual(await listEvents(store.db))
    expect(told.map(({ id, data }) => [id, data])).toEqual(
      [1, 2, 3].map((build) => [build, { build }]),
    )
  })

  test('of a change that was undone are never told', async () => {
    const store = await scratchStore()
    const told: NaruEvent[] = []
    store.onEvent((event) => told.push(event))
    const undone = store.write(async (db) => {
      await note(db, 1)
      throw new Error('no')
    })
    await expect(undone).rejects.toThrow('no')
    await store.write((db) => note(db, 2))
    expect(told.map(({ id, data }) => [id, data])).toEqual([[1, { build: 2 }]])
  })

  test('from before the store was opened are not told again', async () => {
    const folder = scratchFolder()
    const first = await openStore(folder, options)
    await first.write((db) => note(db, 1))
    await first.close()
    const store = await scratchStore(folder)
    const told: number[] = []
    store.onEvent(({ id }) => told.push(id))
    await store.write((db) => note(db, 2))
    expect(told).toEqual([2])
  })

  test('reach the other listeners when one throws, which the log tells, and the change stands', async () => {
    const lines: string[] = []
    const store = await openStore(scratchFolder(), {
      ...options,
      log: jsonLog((line) => lines.push(line)),
    })
    onTestFinished(() => store.close())
    const told: number[] = []
    store.onEvent(() => {
      throw new Error('listener broke')
    })
    store.onEvent(({ id }) => told.push(id))
    await store.write((db) => note(db, 1))
    expect(told).toEqual([1])
    expect(lines.filter((line) => line.includes('listener broke'))).toHaveLength(1)
  })

  test('are not told to a listener that left', async () => {
    const store = await scratchStore()
    const told: number[] = []
    const leave = store.onEvent(({ id }) => told.push(id))
    await store.write((db) => note(db, 1))
    leave()
    await store.write((db) => note(db, 2))
    expect(told).toEqual([1])
  })

  test('may lead a listener to a change of its own, which comes after', async () => {
    const store = await scratchStore()
    const answer = new Promise<void>((resolve, reject) => {
      const leave = store.onEvent(() => {
        leave()
        store.write((db) => note(db, 2)).then(() => resolve(), reject)
      })
    })
    await store.write((db) => note(db, 1))
    await answer
    expect((await listEvents(store.db)).map(({ data }) => data)).toEqual([
      { build: 1 },
      { build: 2 },
    ])
  })
})

describe('closing', () => {
  test('lets the changes that were asked for end, and takes no more', async () => {
    const folder = scratchFolder()
    const store = await openStore(folder, options)
    const asked = store.write((db) => note(db, 1))
    await store.close()
    await asked
    await expect(store.write((db) => note(db, 2))).rejects.toThrow('closed')
    expect(await eventCount(folder)).toBe(1)
  })
})

async function eventCount(folder: string): Promise<number> {
  const store = await openStore(folder, options)
  const { length } = await listEvents(store.db)
  await store.close()
  return length
}
