import { expect, test } from 'vitest'
import { moves, type Status } from '../../src/model/rollout.ts'
import { createApp } from '../../src/store/apps.ts'
import {
  findDeployment,
  listDeployments,
  queueDeployment,
  requireDeployment,
  saveDeployment,
  unfinishedDeployments,
} from '../../src/store/deployments.ts'
import { createRelease } from '../../src/store/releases.ts'
import type { Store } from '../../src/store/store.ts'
import { newDeployment, newRelease, newRollout } from './samples.ts'
import { at, failureOf, place, shopStore } from './scratch.ts'

async function releasedStore(): Promise<Store> {
  const store = await shopStore()
  await store.write((db) => createRelease(db, newRelease(place)))
  return store
}

test('deployments are numbered per environment and listed newest first', async () => {
  const store = await releasedStore()
  const queue = () => store.write((db) => queueDeployment(db, newDeployment(place, 1)))
  const first = await queue()
  expect(first).toEqual({ ...newDeployment(place, 1), number: 1 })
  await queue()
  await queue()
  expect(await findDeployment(store.db, place, 1)).toEqual(first)
  expect((await listDeployments(store.db, place, 2)).map(({ number }) => number)).toEqual([3, 2])
})

test('one that does not exist is unknown', async () => {
  const store = await releasedStore()
  const unknown = { code: 'deployment.unknown', facts: { ...place, deployment: 9 } }
  const missing = { ...newDeployment(place, 1), number: 9 }
  expect(await findDeployment(store.db, place, 9)).toBeUndefined()
  expect(await failureOf(() => requireDeployment(store.db, place, 9))).toEqual(unknown)
  expect(await failureOf(() => store.write((db) => saveDeployment(db, missing)))).toEqual(unknown)
})

test('saving keeps its rollout and its times', async () => {
  const store = await releasedStore()
  const queued = await store.write((db) => queueDeployment(db, newDeployment(place, 1)))
  const problem = { code: 'rollout.aborted', facts: { release: 1, by: 'laptop' } } as const
  const rollout = { ...newRollout(1, 'failed'), problem, pending: [], restartsAtFlip: { web: 2 } }
  const ended = { ...queued, rollout, startedAt: at, liveAt: at, endedAt: at }
  await store.write((db) => saveDeployment(db, ended))
  expect(await requireDeployment(store.db, place, 1)).toEqual(ended)
})

test('those in every status but the outcomes are unfinished, oldest first, of one environment or of all', async () => {
  const store = await releasedStore()
  const blog = { app: 'blog', environment: 'production' }
  const statuses = Object.keys(moves) as Status[]
  await store.write(async (db) => {
    await createApp(db, { name: 'blog', at })
    await createRelease(db, newRelease(blog))
    await queueDeployment(db, newDeployment(blog, 1))
    for (const status of statuses) {
      const queued = await queueDeployment(db, newDeployment(place, 1))
      await saveDeployment(db, { ...queued, rollout: newRollout(1, status) })
    }
  })
  const open = statuses.filter((status) => moves[status].length > 0)
  const here = await unfinishedDeployments(store.db, place)
  expect(here.map(({ rollout }) => rollout.status)).toEqual(open)
  const all = await unfinishedDeployments(store.db)
  expect(all.map(({ app }) => app)).toEqual(['blog', ...open.map(() => 'shop')])
})

test('it is of a release that exists', async () => {
  const store = await releasedStore()
  await expect(store.write((db) => queueDeployment(db, newDeployment(place, 2)))).rejects.toThrow(
    'FOREIGN KEY',
  )
})
