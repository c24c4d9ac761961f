import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { readMessages } from '../../src/contract/stream.ts'
import type { NewEvent } from '../../src/model/event.ts'
import { removeApp } from '../../src/store/apps.ts'
import { queueBuild } from '../../src/store/builds.ts'
import { queueDeployment, requireDeployment, saveDeployment } from '../../src/store/deployments.ts'
import { appendEvent } from '../../src/store/events.ts'
import {
  addReleases,
  ask,
  at,
  commit,
  home,
  listen,
  newDeployment,
  newLine,
  newRollout,
  open,
  place,
  type Rig,
  startShop,
} from './rig.ts'

const created = (app: string): NewEvent => ({
  app,
  environment: null,
  kind: 'app.created',
  data: { by: 'laptop' },
})

const starting = (deployment: number): NewEvent => ({
  ...place,
  kind: 'deployment.starting',
  data: { deployment, release: 1, services: ['web'] },
})

const append = ({ store }: Rig, ...events: NewEvent[]) =>
  store.write(async (db) => {
    for (const event of events) await appendEvent(db, at, event)
  })

const idsOf = (messages: { id: number }[]) => messages.map(({ id }) => id)
const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n)

async function readAll(response: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of response);
}

describe('the stream of events', () => {
  test('begins with the oldest event and goes on with each as it comes', async () => {
    const rig = await startShop()
    await append(rig, created('shop'), created('blog'))
    const messages = listen(rig, '/v1/events', { count: 3 })
    await append(rig, created('wiki'))
    expect(await messages).toEqual(
      ['shop', 'blog', 'wiki'].map((app, n) => ({
        id: n + 1,
        event: 'event',
        data: {
          id: n + 1,
          at,
          app,
          environment: null,
          kind: 'app.created',
          data: { by: 'laptop' },
        },
      })),
    )
  })

  test('goes on after an id, which the header says over the question', async () => {
    const rig = await startShop()
    await append(rig, ...upTo(9).map(() => created('shop')))
    expect(idsOf(await listen(rig, '/v1/events?after=6', { count: 3 }))).toEqual([7, 8, 9])
    const headers = { 'last-event-id': '7' }
    expect(idsOf(await listen(rig, '/v1/events?after=2', { headers, count: 2 }))).toEqual([8, 9])
    for (const wrong of ['x', '-1', '1.5', '1;2', '9'.repeat(16)]) {
      const answer = await ask(rig, '/v1/events', { headers: { 'last-event-id': wrong } })
      expect(answer.json['code'], wrong).toBe('request.invalid')
    }
  })

  test('is of one app where one is named', async () => {
    const rig = await startShop()
    await append(rig, created('shop'), created('blog'), created('shop'))
    expect(idsOf(await listen(rig, '/v1/events?app=shop', { count: 2 }))).toEqual([1, 3])
  })

  test('is long where the log is long', async () => {
    const rig = await startShop()
    await append(rig, ...upTo(1001).map(() => created('shop')))
    expect(idsOf(await listen(rig, '/v1/events', { count: 1001 }))).toEqual(upTo(1001))
  })

  test('loses nothing and doubles nothing while events come and readers come, go and come back', async () => {
    const rig = await startShop()
    const total = 600
    const read = async (cutAfter: number): Promise<number[]> => {
      const ids: number[] = []
      while (ids.length < total) {
        const headers = ids.length === 0 ? {} : { 'last-event-id': String(ids.at(-1)) }
        const count = Math.min(cutAfter, total - ids.length)
        ids.push(...idsOf(await listen(rig, '/v1/events', { headers, count })))
      }
      return ids
    }
    const write = async () => {
      for (let n = 0; n < total; n += 3) await append(rig, ...upTo(3).map(() => created('shop')))
    }
    const [once, often, seldom] = await Promise.all([read(total), read(7), read(150), write()])
    for (const ids of [once, often, seldom]) expect(ids).toEqual(upTo(total))
  })

  test('says nothing of an event that was not committed', async () => {
    const rig = await startShop()
    const messages = listen(rig, '/v1/events', { count: 1 })
    await rig.store
      .write(async (db) => {
        await appendEvent(db, at, created('ghost'))
        throw new Error('undone')
      })
      .catch((error: Error) => expect(error.message).toBe('undone'))
    await append(rig, created('shop'))
    expect((await messages)[0]?.data).toMatchObject({ app: 'shop' })
  })

  test('is not kept by a proxy or a cache, and tells its request', async () => {
    const rig = await startShop()
    const response = await open(rig, '/v1/events')
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-request-id': expect.any(String),
    })
    response.destroy()
  })

  test('says that it lives while nothing happens', async () => {
    const rig = await startShop({ heartbeatMs: 20, stallMs: 60_000 })
    const response = await open(rig, '/v1/events')
    const [chunk] = await once(response, 'data')
    expect(String(chunk)).toBe(':\n\n')
    response.destroy()
  })

  test('cuts off a reader that takes nothing, who then goes on where it was', async () => {
    const rig = await startShop({ heartbeatMs: 15_000, stallMs: 100 })
    const title = 'x'.repeat(50_000)
    const big: NewEvent = {
      ...place,
      kind: 'build.queued',
      data: { build: 1, commit, title, by: 'x' },
    }
    const count = 200
    await append(rig, ...upTo(count).map(() => big))
    const response = await open(rig, '/v1/events')
    const line = () => rig.logged.find((each) => each.includes('/v1/events'))
    await expect.poll(line, { timeout: 10_000 }).toBeDefined()
    const seen: number[] = []
    const cut = (async () => {
      for await (const { id } of readMessages(response)) seen.push(Number(id))
    })()
    await expect(cut).rejects.toThrow('aborted')
    expect(seen.length).toBeLessThan(count)
    expect(seen).toEqual(upTo(seen.length))
    const headers = { 'last-event-id': String(seen.at(-1) ?? 0) }
    const rest = await listen(rig, '/v1/events', { headers, count: count - seen.length })
    expect(idsOf(rest)).toEqual(upTo(count, seen.length + 1))
  })

  test('survives a reader that goes while what it reads hangs, and so does the server', async () => {
    const rig = await startShop({ heartbeatMs: 1, stallMs: 60_000 })
    let go = () => {}
    rig.buildLog = async function* () {
      yield 'first'
      await new Promise<void>((resolve) => {
        go = resolve
      })
      yield 'second'
    }
    await rig.store.write((db) =>
      queueBuild(db, { ...place, source: 'push', commit, title: 'T', by: 'laptop', at }),
    )
    await listen(rig, '/v1/apps/shop/builds/1/log', { count: 1 })
    const line = () => rig.logged.find((each) => each.includes('/builds/1/log'))
    await expect.poll(line).toContain('"cut":true')
    go()
    expect((await ask(rig, '/v1/health')).status).toBe(200)
    expect(rig.logged.join('')).not.toContain('a stream broke')
  })

  test('stops listening when its reader goes', async () => {
    const rig = await startShop()
    let listening = 0
    const { onEvent } = rig.store
    rig.store.onEvent = (listener) => {
      const stop = onEvent(listener)
      listening += 1
      return () => {
        listening -= 1
        stop()
      }
    }
    const responses = await Promise.all(upTo(5).map(() => open(rig, '/v1/events')))
    await expect.poll(() => listening).toBe(5)
    for (const response of responses) response.destroy()
    await expect.poll(() => listening).toBe(0)
  })
})

describe('a deployment’s stream', () => {
  const end = (rig: Rig) =>
    rig.store.write(async (db) => {
      const deployment = await requireDeployment(db, place, 1)
      const rollout = newRollout(1, { status: 'succeeded', traffic: 'candidate' })
      await saveDeployment(db, { ...deployment, rollout, startedAt: at, endedAt: at })
      const data = {
        deployment: 1,
        release: 1,
        status: 'succeeded' as const,
        serving: 1,
        problem: null,
        seconds: 2,
      }
      await appendEvent(db, at, { ...place, kind: 'deployment.ended', data })
    })

  const begin = async (rig: Rig) => {
    await addReleases(rig, 1)
    await rig.store.write((db) =>
      queueDeployment(db, newDeployment(place, 1, { status: 'starting' })),
    )
    await append(rig, starting(1), starting(2), starting(1))
  }

  test('tells its own story as it happens, then ends with the deployment', async () => {
    const rig = await startShop()
    await begin(rig)
    const story = listen(rig, `${home}/deployments/1/events`)
    await append(rig, starting(1))
    await end(rig)
    const messages = await story
    expect(messages.map(({ id, event }) => [id, event])).toEqual([
      [1, 'event'],
      [3, 'event'],
      [4, 'event'],
      [5, 'event'],
      [5, 'end'],
    ])
    expect(messages.at(-1)?.data).toMatchObject({ number: 1, status: 'succeeded', serving: 1 })
  })

  test('is told again of one that is over, from the start or from where it was cut', async () => {
    const rig = await startShop()
    await begin(rig)
    await end(rig)
    expect(idsOf(await listen(rig, `${home}/deployments/1/events`))).toEqual([1, 3, 4, 4])
    const headers = { 'last-event-id': '3' }
    expect(idsOf(await listen(rig, `${home}/deployments/1/events`, { headers }))).toEqual([4, 4])
    const late = await listen(rig, `${home}/deployments/1/events?after=4`)
    expect(late.map(({ id, event }) => [id, event])).toEqual([[4, 'end']])
  })

  test('that breaks is cut, so that coming back says why', async () => {
    const rig = await startShop()
    await begin(rig)
    const response = await open(rig, `${home}/deployments/1/events`)
    const failed = expect(readAll(response)).rejects.toThrow('aborted')
    await rig.store.write((db) => removeApp(db, 'shop'))
    await append(rig, created('wiki'))
    await failed
    const again = await ask(rig, `${home}/deployments/1/events`)
    expect(again.json['code']).toBe('app.unknown')
  })
})

describe('a build’s log', () => {
  const begin = async (): Promise<Rig> => {
    const rig = await startShop()
    await rig.store.write((db) =>
      queueBuild(db, { ...place, source: 'push', commit, title: 'T', by: 'laptop', at }),
    )
    rig.buildLog = async function* () {
      yield* ['installing', 'two\rthree', 'data: id: 9\n\n', '']
    }
    return rig
  }

  test('comes line by line, then the build', async () => {
    const rig = await begin()
    const messages = await listen(rig, '/v1/apps/shop/builds/1/log?follow=true')
    expect(messages.map(({ id, event, data }) => [id, event, data['text']])).toEqual([
      [1, 'line', 'installing'],
      [2, 'line', 'two\rthree'],
      [3, 'line', 'data: id: 9\n\n'],
      [4, 'line', ''],
      [4, 'end', undefined],
    ])
    expect(messages.at(-1)?.data).toMatchObject({ number: 1, status: 'queued' })
  })

  test('goes on after the line that was seen last', async () => {
    const rig = await begin()
    expect(idsOf(await listen(rig, '/v1/apps/shop/builds/1/log?after=2'))).toEqual([3, 4, 4])
    expect((await ask(rig, '/v1/apps/shop/builds/2/log')).json['code']).toBe('build.unknown')
  })
})

describe('the log of a place', () => {
  test('hands the question on to the engine, its time in UTC', async () => {
    const rig = await startShop()
    rig.lines = upTo(5).map(newLine)
    const question = 'follow=true&service=web&release=3&since=2026-11-24T12:00:00%2B09:00&tail=2'
    const messages = await listen(rig, `${home}/logs?${question}`)
    expect(rig.logFilters).toEqual([
      {
        ...place,
        follow: true,
        service: 'web',
        release: 3,
        since: '2026-11-24T03:00:00.000Z',
        tail: 2,
      },
    ])
    expect(messages.map(({ event, data }) => [event, data])).toEqual([
      ['line', newLine(4)],
      ['line', newLine(5)],
    ])
  })

  test('goes on after a position, whatever its tail was', async () => {
    const rig = await startShop()
    rig.lines = upTo(5).map(newLine)
    const headers = { 'last-event-id': '2' }
    expect(idsOf(await listen(rig, `${home}/logs?tail=1`, { headers }))).toEqual([3, 4, 5])
    expect(rig.logFilters).toEqual([{ ...place, follow: false, after: 2 }])
  })
})

describe('the end of the server', () => {
  test('cuts streams in the middle, so that their readers know that there is more', async () => {
    const rig = await startShop()
    const streams = await Promise.all(['/v1/events', '/v1/events'].map((path) => open(rig, path)))
    const cut = Promise.all(
      streams.map((stream) => expect(readAll(stream)).rejects.toThrow('aborted')),
    )
    const before = performance.now()
    await rig.api.close()
    await cut
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('waits for an answer that is on its way, and not for ever', async () => {
    const rig = await startShop()
    let asked = () => {}
    const arrived = new Promise<void>((resolve) => {
      asked = resolve
    })
    rig.git = () => {
      asked()
      return new Promise(() => {})
    }
    const stuck = expect(ask(rig, '/git/shop.git/info/refs')).rejects.toThrow('hang up')
    await arrived
    const before = performance.now()
    await rig.api.close()
    await stuck
    expect(performance.now() - before).toBeLessThan(3000)
  })
})
