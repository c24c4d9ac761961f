import { expect, test } from 'vitest'
import {
  beginJobRun,
  endJobRun,
  listJobRuns,
  newestJobRun,
  requireJobRun,
  trimJobRuns,
  unfinishedJobRuns,
} from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import { at, failureOf, place, shopStore } from './scratch.ts'

const about = { release: 1, job: 'migrate', by: 'laptop', deployment: 4, at }
const begin = (store: Store, more: Partial<typeof about> = {}) =>
  store.write((db) => beginJobRun(db, place, { ...about, ...more }))
const end = (store: Store, number: number, status: 'succeeded' | 'failed') =>
  store.write((db) =>
    endJobRun(db, place, number, {
      status,
      exitCode: status === 'failed' ? 3 : 0,
      signal: null,
      at,
    }),
  )

test('runs are numbered per environment and listed newest first', async () => {
  const store = await shopStore()
  expect(await begin(store)).toEqual({
    ...place,
    number: 1,
    release: 1,
    job: 'migrate',
    status: 'running',
    by: 'laptop',
    deployment: 4,
    startedAt: at,
    endedAt: null,
    exitCode: null,
    signal: null,
  })
  await begin(store)
  await begin(store)
  expect((await listJobRuns(store.db, place, 2)).map(({ number }) => number)).toEqual([3, 2])
})

test('how a run ended is kept once', async () => {
  const store = await shopStore()
  await begin(store)
  expect(await end(store, 1, 'failed')).toBe(true)
  expect(await end(store, 1, 'succeeded')).toBe(false)
  expect(await end(store, 2, 'succeeded')).toBe(false)
  expect(await requireJobRun(store.db, place, 1)).toMatchObject({
    status: 'failed',
    exitCode: 3,
    endedAt: at,
  })
})

test('one that does not exist is unknown', async () => {
  const store = await shopStore()
  const unknown = { code: 'run.unknown', facts: { ...place, run: 9 } }
  expect(await failureOf(() => requireJobRun(store.db, place, 9))).toEqual(unknown)
})

test('the newest of a release’s job is found by its status, and no other', async () => {
  const store = await shopStore()
  await begin(store)
  await begin(store, { release: 2 })
  await begin(store, { job: 'report' })
  const wanted = { release: 1, job: 'migrate', status: 'succeeded' as const }
  expect(await newestJobRun(store.db, place, wanted)).toBeUndefined()
  await end(store, 1, 'succeeded')
  expect((await newestJobRun(store.db, place, wanted))?.number).toBe(1)
  expect((await unfinishedJobRuns(store.db)).map(({ number }) => number)).toEqual([2, 3])
})

test('the oldest go when there are too many, but none that runs', async () => {
  const store = await shopStore()
  for (let run = 1; run <= 6; run += 1) await begin(store)
  for (const run of [1, 3, 4, 5, 6]) await end(store, run, 'succeeded')
  await store.write((db) => trimJobRuns(db, place, 2))
  expect((await listJobRuns(store.db, place, 10)).map(({ number }) => number)).toEqual([6, 5, 2])
})
