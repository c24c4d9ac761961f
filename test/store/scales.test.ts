import { expect, test } from 'vitest'
import { createEnvironment } from '../../src/store/environments.ts'
import { listScales, setScale, unsetScale } from '../../src/store/scales.ts'
import { place, shopStore } from './scratch.ts'

const staging = { ...place, environment: 'staging' }

test('a scale belongs to a service of one environment, and the later one counts', async () => {
  const store = await shopStore()
  await store.write(async (db) => {
    await createEnvironment(db, staging, null)
    await setScale(db, place, 'web', 3)
    await setScale(db, place, 'worker', 0)
    await setScale(db, place, 'web', 4)
    await setScale(db, staging, 'web', 1)
  })
  expect(await listScales(store.db, place)).toEqual({ web: 4, worker: 0 })
  expect(await listScales(store.db, staging)).toEqual({ web: 1 })
})

test('one that is unset is gone, and unsetting it again changes nothing', async () => {
  const store = await shopStore()
  await store.write((db) => setScale(db, place, 'web', 3))
  expect(await store.write((db) => unsetScale(db, place, 'web'))).toBe(true)
  expect(await store.write((db) => unsetScale(db, place, 'web'))).toBe(false)
  expect(await listScales(store.db, place)).toEqual({})
})
