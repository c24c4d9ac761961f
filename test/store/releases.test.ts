import { expect, test } from 'vitest'
import {
  createRelease,
  findRelease,
  lastStableBefore,
  listReleases,
  markStable,
  requireRelease,
} from '../../src/store/releases.ts'
import type { Store } from '../../src/store/store.ts'
import { newRelease } from './samples.ts'
import { at, failureOf, place, shopStore } from './scratch.ts'

async function withReleases(count: number): Promise<Store> {
  const store = await shopStore()
  for (let made = 0; made < count; made += 1)
    await store.write((db) => createRelease(db, newRelease(place)))
  return store
}

test('a release comes back as it was frozen, under the next number', async () => {
  const store = await withReleases(1)
  const second = await store.write((db) =>
    createRelease(db, { ...newRelease(place), reason: 'secrets' }),
  )
  expect(second).toEqual({ ...newRelease(place), reason: 'secrets', number: 2, stableAt: null })
  expect(await findRelease(store.db, place, 2)).toEqual(second)
  expect((await listReleases(store.db, place, 9)).map(({ number }) => number)).toEqual([2, 1])
  expect((await listReleases(store.db, place, 1)).map(({ number }) => number)).toEqual([2])
})

test('one that does not exist is unknown', async () => {
  const store = await withReleases(1)
  const unknown = { code: 'release.unknown', facts: { ...place, release: 9 } }
  expect(await findRelease(store.db, place, 9)).toBeUndefined()
  expect(await failureOf(() => requireRelease(store.db, place, 9))).toEqual(unknown)
  expect(await failureOf(() => store.write((db) => markStable(db, place, 9, at)))).toEqual(unknown)
})

test('it keeps the first time at which it became stable', async () => {
  const store = await withReleases(1)
  await store.write((db) => markStable(db, place, 1, at))
  await store.write((db) => markStable(db, place, 1, '2027-01-01T00:00:00.000Z'))
  expect((await requireRelease(store.db, place, 1)).stableAt).toBe(at)
})

test('the one before is what became stable last before it, by turns, not by number or clock', async () => {
  const store = await withReleases(4)
  const before = async (current: number) =>
    (await lastStableBefore(store.db, place, current))?.number
  const stable = (number: number, year: number) =>
    store.write((db) => markStable(db, place, number, `${year}-01-01T00:00:00.000Z`))
  expect(await before(1)).toBeUndefined()
  await stable(1, 2026)
  expect([await before(1), await before(2)]).toEqual([undefined, 1])
  await stable(3, 2020) // The clock was set back; release 2 never became stable.
  expect(await before(3)).toBe(1)
  await stable(4, 2021)
  expect(await before(4)).toBe(3)
  await stable(1, 2022) // Back to the first.
  expect(await before(1)).toBe(4)
  await stable(4, 2023)
  expect(await before(4)).toBe(1)
})
