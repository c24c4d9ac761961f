import { expect, test } from 'vitest'
import { createApp } from '../../src/store/apps.ts'
import {
  endWarm,
  findEnvironment,
  listEnvironments,
  pointTo,
  requireEnvironment,
} from '../../src/store/environments.ts'
import { createRelease } from '../../src/store/releases.ts'
import { listSettings, setSetting, unsetSetting } from '../../src/store/settings.ts'
import { newRelease } from './samples.ts'
import { at, failureOf, place, shopStore } from './scratch.ts'

const nowhere = { app: 'shop', environment: 'staging' }

test('an environment points to a release and may keep another one warm', async () => {
  const store = await shopStore()
  await store.write(async (db) => {
    await createRelease(db, newRelease(place))
    await createRelease(db, newRelease(place))
    await pointTo(db, place, { stable: 2, warm: { release: 1, untilServed: 600_000 } })
  })
  const pointing = { ...place, stable: 2, warm: { release: 1, untilServed: 600_000 } }
  expect(await requireEnvironment(store.db, place)).toEqual(pointing)
  await store.write((db) => endWarm(db, place))
  expect(await findEnvironment(store.db, place)).toEqual({ ...pointing, warm: null })
  await store.write((db) => pointTo(db, place, { stable: 1, warm: null }))
  expect(await findEnvironment(store.db, place)).toEqual({ ...place, stable: 1, warm: null })
})

test('it cannot point to a release that does not exist, which is found before anything is kept', async () => {
  const store = await shopStore()
  const wrong = store.write((db) => pointTo(db, place, { stable: 7, warm: null }))
  await expect(wrong).rejects.toThrow('FOREIGN KEY')
  expect(await findEnvironment(store.db, place)).toEqual({ ...place, stable: null, warm: null })
})

test('one that does not exist is unknown', async () => {
  const store = await shopStore()
  const unknown = { code: 'environment.unknown', facts: nowhere }
  expect(await findEnvironment(store.db, nowhere)).toBeUndefined()
  expect(await failureOf(() => requireEnvironment(store.db, nowhere))).toEqual(unknown)
  expect(await failureOf(() => store.write((db) => endWarm(db, nowhere)))).toEqual(unknown)
  expect(
    await failureOf(() => store.write((db) => pointTo(db, nowhere, { stable: 1, warm: null }))),
  ).toEqual(unknown)
})

test('all are listed by app', async () => {
  const store = await shopStore()
  await store.write((db) => createApp(db, { name: 'blog', at }))
  expect((await listEnvironments(store.db)).map(({ app }) => app)).toEqual(['blog', 'shop'])
})

test('settings are set, set again and unset, any text and any name', async () => {
  const store = await shopStore()
  const set = (name: string, value: string) =>
    store.write((db) => setSetting(db, place, name, value))
  await set('B', 'one')
  await set('A', '\'; drop table settings; -- "나루" 🚢\n')
  await set('B', '')
  await set('__proto__', 'kept')
  const settings = await listSettings(store.db, place)
  expect(Object.entries(settings)).toEqual([
    ['A', '\'; drop table settings; -- "나루" 🚢\n'],
    ['B', ''],
    ['__proto__', 'kept'],
  ])
  expect(await store.write((db) => unsetSetting(db, place, 'B'))).toBe(true)
  expect(await store.write((db) => unsetSetting(db, place, 'B'))).toBe(false)
  expect(Object.keys(await listSettings(store.db, place))).toEqual(['A', '__proto__'])
  expect(await listSettings(store.db, nowhere)).toEqual({})
})

test('a setting belongs to an environment that exists', async () => {
  const store = await shopStore()
  await expect(store.write((db) => setSetting(db, nowhere, 'A', 'b'))).rejects.toThrow(
    'FOREIGN KEY',
  )
})
