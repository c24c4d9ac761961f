import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { createApp, listApps } from '../../src/store/apps.ts'
import { copyDatabase, dailyCopy } from '../../src/store/copies.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { at, options, scratchFolder, scratchStore, shopStore } from './scratch.ts'

const hourMs = 60 * 60 * 1000
const later = (hours: number): Date => new Date(new Date(at).getTime() + hours * hourMs)
const names = (store: Store): string[] => readdirSync(join(store.folder, 'copies')).sort()

test('a copy is one file, named by its time and occasion', async () => {
  const store = await shopStore()
  const file = await copyDatabase(store, later(0))
  expect(basename(file)).toBe('naru-2026-11-24T12-00-00Z-daily.db')
  expect(names(store)).toEqual([basename(file)])
})

test('a copy put in the place of the database brings back what was then', async () => {
  const folder = scratchFolder()
  const store = await openStore(folder, options)
  await store.write((db) => createApp(db, { name: 'shop', at }))
  const copy = await copyDatabase(store, later(0))
  await store.write((db) => createApp(db, { name: 'blog', at }))
  await store.close()
  for (const part of ['naru.db', 'naru.db-wal', 'naru.db-shm'])
    rmSync(join(folder, part), { force: true })
  cpSync(copy, join(folder, 'naru.db'))
  const restored = await scratchStore(folder)
  expect((await listApps(restored.db)).map(({ name }) => name)).toEqual(['shop'])
  await restored.write((db) => createApp(db, { name: 'wiki', at }))
})

test('changes go on after a copy, and those asked for meanwhile are not in it', async () => {
  const store = await shopStore()
  const copying = copyDatabase(store, later(0))
  const change = store.write((db) => createApp(db, { name: 'blog', at }))
  const [copy] = await Promise.all([copying, change])
  expect((await listApps(store.db)).map(({ name }) => name)).toEqual(['blog', 'shop'])
  const folder = scratchFolder()
  cpSync(copy, join(folder, 'naru.db'))
  const copied = await scratchStore(folder)
  expect((await listApps(copied.db)).map(({ name }) => name)).toEqual(['shop'])
})

test('one is made a day, however often it is asked for', async () => {
  const store = await shopStore()
  expect(await dailyCopy(store, later(0))).not.toBeNull()
  expect(await dailyCopy(store, later(23))).toBeNull()
  expect(await dailyCopy(store, later(24))).not.toBeNull()
  expect(names(store)).toHaveLength(2)
})

test('three are kept, the newest, and nothing else in the folder is touched', async () => {
  const store = await shopStore()
  await dailyCopy(store, later(0))
  const mine = ['naru-2020-01-01T00-00-00Z-before-0002-colour.db', 'my own.db', 'naru-daily.db']
  for (const name of mine) writeFileSync(join(store.folder, 'copies', name), '')
  for (const day of [1, 2, 3, 4]) await dailyCopy(store, later(24 * day))
  expect(names(store).filter((name) => !mine.includes(name))).toEqual([
    'naru-2026-11-26T12-00-00Z-daily.db',
    'naru-2026-11-27T12-00-00Z-daily.db',
    'naru-2026-11-28T12-00-00Z-daily.db',
  ])
  expect(names(store)).toEqual(expect.arrayContaining(mine))
})

test('the one just made stays, even when the clock was set back', async () => {
  const store = await shopStore()
  for (const day of [10, 11, 12]) await dailyCopy(store, later(24 * day))
  const file = await dailyCopy(store, later(0))
  expect(names(store)).toContain(basename(file ?? ''))
  expect(names(store)).toHaveLength(3)
})

test('what a copy that was cut off left behind is cleared away by the next', async () => {
  const store = await shopStore()
  await copyDatabase(store, later(0))
  for (const part of ['', '-wal', '-shm'])
    writeFileSync(join(store.folder, 'copies', `.unfinished.db${part}`), 'half')
  await copyDatabase(store, later(1))
  expect(names(store)).toEqual([
    'naru-2026-11-24T12-00-00Z-daily.db',
    'naru-2026-11-24T13-00-00Z-daily.db',
  ])
})
