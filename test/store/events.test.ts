import { expect, test } from 'vitest'
import type { NewEvent } from '../../src/model/event.ts'
import { appendEvent, lastEventId, listEvents, trimEvents } from '../../src/store/events.ts'
import type { Store } from '../../src/store/store.ts'
import { at, place, scratchStore } from './scratch.ts'

const blog = { app: 'blog', environment: 'production' }
const healthy = (of: typeof place, deployment: number): NewEvent => ({
  ...of,
  kind: 'deployment.healthy',
  data: { deployment, release: 1, services: ['web'] },
})
const log: NewEvent[] = [
  { app: 'shop', environment: null, kind: 'app.created', data: { by: 'laptop' } },
  healthy(place, 1),
  healthy(blog, 1),
  { app: null, environment: null, kind: 'router.restarted', data: {} },
  healthy(place, 2),
  healthy(place, 1),
]

async function toldStore(): Promise<Store> {
  const store = await scratchStore()
  await store.write(async (db) => {
    for (const event of log) await appendEvent(db, at, event)
  })
  return store
}

test('an event comes back as it was appended, with an id that grows', async () => {
  const store = await toldStore()
  expect(await listEvents(store.db)).toEqual(
    log.map((event, index) => ({ id: index + 1, at, ...event })),
  )
  expect(await lastEventId(store.db)).toBe(6)
})

test('before the first there is none', async () => {
  const store = await scratchStore()
  expect(await listEvents(store.db)).toEqual([])
  expect(await lastEventId(store.db)).toBe(0)
})

test.each([
  [{ after: 4 }, [5, 6]],
  [{ app: 'shop' }, [1, 2, 5, 6]],
  [{ app: 'shop', environment: 'production' }, [2, 5, 6]],
  [{ ...place, deployment: 1 }, [2, 6]],
  [{ ...place, deployment: 1, after: 2 }, [6]],
  [{ after: 1, limit: 2 }, [2, 3]],
  [{ limit: 2 }, [5, 6]],
  [{ app: 'shop', limit: 3 }, [2, 5, 6]],
  [{ app: 'nobody' }, []],
])('listing %o gives %o, oldest first', async (filter, ids) => {
  const store = await toldStore()
  expect((await listEvents(store.db, filter)).map(({ id }) => id)).toEqual(ids)
})

test('trimming keeps the newest, and ids go on growing even after the last went', async () => {
  const store = await toldStore()
  const trim = (keep: number) => store.write((db) => trimEvents(db, keep))
  expect(await trim(10)).toBe(0)
  expect(await trim(6)).toBe(0)
  expect(await trim(2)).toBe(4)
  expect((await listEvents(store.db)).map(({ id }) => id)).toEqual([5, 6])
  expect(await trim(0)).toBe(2)
  const next = await store.write((db) => appendEvent(db, at, healthy(place, 3)))
  expect(next.id).toBe(7)
})
