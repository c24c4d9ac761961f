import { expect, test } from 'vitest'
import { createApp } from '../../src/store/apps.ts'
import { listBuilds, queueBuild } from '../../src/store/builds.ts'
import { listDeployments, queueDeployment } from '../../src/store/deployments.ts'
import {
  createEnvironment,
  endWarm,
  findEnvironment,
  listEnvironments,
  pointTo,
  removeEnvironment,
  requireEnvironment,
} from '../../src/store/environments.ts'
import { createRelease, listReleases } from '../../src/store/releases.ts'
import { listScales, setScale } from '../../src/store/scales.ts'
import { listSettings, setSetting, unsetSetting } from '../../src/store/settings.ts'
import { newBuild, newDeployment, newRelease } from './samples.ts'
import { at, failureOf, place, shopStore } from './scratch.ts'

const nowhere = { app: 'shop', environment: 'staging' }

test('an environment points to a release and may keep another one warm', async () => {
  const store = await shopStore()
  await store.write(async (db) => {
    await createRelease(db, newRelease(place))
    await createRelease(db, newRelease(place))
    await pointTo(db, place, { stable: 2, warm: { release: 1, untilServed: 600_000 } })
  })
  const pointing = {
    ...place,
    stable: 2,
    warm: { release: 1, untilServed: 600_000 },
    branch: null,
    engine: null,
  }
  expect(await requireEnvironment(store.db, place)).toEqual(pointing)
  await store.write((db) => endWarm(db, place))
  expect(await findEnvironment(store.db, place)).toEqual({ ...pointing, warm: null })
  await store.write((db) => pointTo(db, place, { stable: 1, warm: null }))
  expect(await findEnvironment(store.db, place)).toEqual({
    ...place,
    stable: 1,
    warm: null,
    branch: null,
    engine: null,
  })
})

test('it cannot point to a release that does not exist, which is found before anything is kept', async () => {
  const store = await shopStore()
  const wrong = store.write((db) => pointTo(db, place, { stable: 7, warm: null }))
  await expect(wrong).rejects.toThrow('FOREIGN KEY')
  expect(await findEnvironment(store.db, place)).toEqual({
    ...place,
    stable: null,
    warm: null,
    branch: null,
    engine: null,
  })
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

test('another environment of an app has a branch of its own, and its name once', async () => {
  const store = await shopStore()
  const made = await store.write((db) => createEnvironment(db, nowhere, 'develop'))
  expect(made).toEqual({ ...nowhere, stable: null, warm: null, branch: 'develop', engine: null })
  expect(await failureOf(() => store.write((db) => createEnvironment(db, nowhere, null)))).toEqual({
    code: 'environment.exists',
    facts: nowhere,
  })
  const names = (await listEnvironments(store.db, 'shop')).map(({ environment }) => environment)
  expect(names).toEqual(['production', 'staging'])
  const bad = { ...nowhere, environment: '../x' }
  expect(
    await failureOf(() => store.write((db) => createEnvironment(db, bad, null))),
  ).toMatchObject({ code: 'name.invalid' })
})

test('a removed environment takes all that is its own with it, and leaves its builds', async () => {
  const store = await shopStore()
  await store.write(async (db) => {
    await createEnvironment(db, nowhere, null)
    await setSetting(db, nowhere, 'COLOUR', 'blue')
    await setScale(db, nowhere, 'web', 2)
    await queueBuild(db, newBuild(nowhere))
    await createRelease(db, newRelease(nowhere))
    await pointTo(db, nowhere, { stable: 1, warm: null })
    await queueDeployment(db, newDeployment(nowhere, 1))
    await setSetting(db, place, 'COLOUR', 'red')
  })
  await store.write((db) => removeEnvironment(db, nowhere))
  await store.write((db) => removeEnvironment(db, nowhere))
  expect(await findEnvironment(store.db, nowhere)).toBeUndefined()
  expect(await listSettings(store.db, nowhere)).toEqual({})
  expect(await listScales(store.db, nowhere)).toEqual({})
  expect(await listReleases(store.db, nowhere, 9)).toEqual([])
  expect(await listDeployments(store.db, nowhere, 9)).toEqual([])
  expect(await listSettings(store.db, place)).toEqual({ COLOUR: 'red' })
  expect((await listBuilds(store.db, 'shop', 9)).map(({ number }) => number)).toEqual([1])
  const next = await store.write((db) => queueBuild(db, newBuild(place)))
  expect(next.number).toBe(2)
})
