import { describe, expect, test } from 'vitest'
import type { Route } from '../../src/model/route.ts'
import { defaultLimits, defaultTimeouts } from '../../src/model/route-bounds.ts'
import { readServedMs, saveServedMs } from '../../src/store/clock.ts'
import { portBook } from '../../src/store/ports.ts'
import { openStore } from '../../src/store/store.ts'
import { saveTable } from '../../src/store/table.ts'
import { addToken, findToken, replaceToken } from '../../src/store/tokens.ts'
import { at, options, scratchFolder, scratchStore } from './scratch.ts'

describe('the book of ports', () => {
  test('gives a port to one instance only, until that gives it back', async () => {
    const ports = portBook(await scratchStore())
    expect(await ports.hold(20_001, 'a')).toBe(true)
    expect(await ports.hold(20_001, 'b')).toBe(false)
    expect(await ports.hold(20_001, 'a')).toBe(true)
    expect(await ports.hold(20_002, 'b')).toBe(true)
    expect(await ports.held()).toEqual(
      new Map([
        [20_001, 'a'],
        [20_002, 'b'],
      ]),
    )
    await ports.release('a')
    await ports.release('a')
    expect(await ports.hold(20_001, 'b')).toBe(true)
    expect(await ports.held()).toEqual(
      new Map([
        [20_001, 'b'],
        [20_002, 'b'],
      ]),
    )
  })

  test('gives a port asked for by many at once to the first', async () => {
    const ports = portBook(await scratchStore())
    const asked = ['a', 'b', 'c', 'd'].map((instance) => ports.hold(20_001, instance))
    expect(await Promise.all(asked)).toEqual([true, false, false, false])
  })
})

describe('tokens', () => {
  const token = { name: 'local', hash: 'hash-1', kind: 'owner', at, by: null } as const

  test('are found by their hash', async () => {
    const store = await scratchStore()
    await store.write((db) => addToken(db, token))
    expect(await findToken(store.db, 'hash-1')).toMatchObject({ name: 'local', kind: 'owner' })
    expect(await findToken(store.db, 'hash-2')).toBeUndefined()
  })

  test('of a name can be replaced, and the old one opens nothing from then on', async () => {
    const store = await scratchStore()
    for (const hash of ['hash-1', 'hash-2', 'hash-2']) {
      await store.write((db) => replaceToken(db, { ...token, hash }))
    }
    expect(await findToken(store.db, 'hash-1')).toBeUndefined()
    expect(await findToken(store.db, 'hash-2')).toMatchObject({ name: 'local', kind: 'owner' })
    await expect(store.write((db) => addToken(db, { ...token, hash: 'hash-3' }))).rejects.toThrow(
      expect.objectContaining({ code: 'token.exists' }),
    )
  })
})

test('the time served goes on where it was, and never back', async () => {
  const folder = scratchFolder()
  const store = await openStore(folder, options)
  expect(await readServedMs(store.db)).toBe(0)
  await store.write((db) => saveServedMs(db, 1500.7))
  await store.write((db) => saveServedMs(db, 1000))
  await store.close()
  expect(await readServedMs((await scratchStore(folder)).db)).toBe(1500)
})

describe('the route table', () => {
  const route = (host: string, ...instances: string[]): Route => ({
    host,
    path: '/',
    app: 'shop',
    environment: 'production',
    service: 'web',
    backends: [
      {
        release: 1,
        weight: 1,
        instances: instances.map((id) => ({ id, host: '127.0.0.1', port: 20_001 })),
      },
    ],
    page: 'down',
  })

  test('keeps its number while its content is the same, in whatever order, and after a restart', async () => {
    const folder = scratchFolder()
    const store = await openStore(folder, options)
    const save = (...routes: Route[]) => store.write((db) => saveTable(db, routes))
    expect(await save()).toEqual({ number: 1, routes: [] })
    const table = await save(route('b', 'x', 'y'), route('a'))
    expect(table).toEqual({ number: 2, routes: [route('a'), route('b', 'x', 'y')] })
    expect(await save(route('a'), route('b', 'y', 'x'))).toEqual(table)
    await store.close()
    const again = await scratchStore(folder)
    expect(await again.write((db) => saveTable(db, table.routes))).toEqual(table)
  })

  test('gets the next number with other content, even content it had before', async () => {
    const store = await scratchStore()
    const save = (...routes: Route[]) => store.write((db) => saveTable(db, routes))
    expect((await save(route('a', 'x'))).number).toBe(1)
    expect((await save(route('a', 'y'))).number).toBe(2)
    expect((await save(route('a', 'x'))).number).toBe(3)
  })

  test('keeps timeouts and limits of its routes, and changes with them', async () => {
    const store = await scratchStore()
    const save = (...routes: Route[]) => store.write((db) => saveTable(db, routes))
    const bounded = { ...route('a'), timeouts: defaultTimeouts, limits: defaultLimits }
    expect(await save(bounded)).toEqual({ number: 1, routes: [bounded] })
    const { waitSeconds, ...others } = defaultLimits
    expect((await save({ ...bounded, limits: { waitSeconds, ...others } })).number).toBe(1)
    expect((await save({ ...bounded, limits: { ...defaultLimits, queue: 1 } })).number).toBe(2)
    expect((await save(route('a'))).number).toBe(3)
  })

  test('gets a number above the one a router serves already, when the store went back to a copy', async () => {
    const store = await scratchStore()
    const save = (served: number) => store.write((db) => saveTable(db, [route('a')], served))
    expect((await save(0)).number).toBe(1)
    expect((await save(40)).number).toBe(41)
    expect((await save(41)).number).toBe(41)
    expect((await save(40)).number).toBe(41)
  })
})
