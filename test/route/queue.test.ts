import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Route } from '../../src/model/route.ts'
import { defaultLimits } from '../../src/model/route-bounds.ts'
import { clientOf } from '../../src/route/builtin/plane/client.ts'
import { Queue, type Waiting } from '../../src/route/builtin/plane/queue.ts'
import { type Backend, backend, routeTo } from './backend.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { type Answer, type Ask, ask, until } from './visitor.ts'

describe('a queue', () => {
  let room = 0
  const went: string[] = []
  const left: string[] = []
  afterEach(() => {
    room = 0
    went.splice(0)
    left.splice(0)
  })
  const waiting = (client: string, name: string): Waiting => ({
    client,
    go: () => {
      if (room === 0) return false
      room -= 1
      went.push(name)
      return true
    },
    moveOn: () => {},
    turnAway: () => void left.push(name),
  })
  const queueOf = (names: string, most = 100) => {
    const queue = new Queue()
    const letIn = names.split(' ').map((name) => queue.add(waiting(name[0] as string, name), most))
    return { queue, letIn }
  }

  it('lets each client go in turn, and its requests in their order', () => {
    const { queue } = queueOf('a1 a2 a3 a4 b1 b2 c1')
    room = 7
    queue.serve()
    expect(went).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
    expect(queue.size).toBe(0)
  })

  it('goes on where it stopped when there is room again', () => {
    const { queue } = queueOf('a1 a2 a3 b1')
    room = 1
    queue.serve()
    queue.add(waiting('c', 'c1'), 100)
    room = 2
    queue.serve()
    expect(went).toEqual(['a1', 'b1', 'a2'])
    expect(queue.size).toBe(2)
  })

  it('that is full turns away whoever has the most, the latest first', () => {
    const { queue, letIn } = queueOf('a1 a2 a3 a4 a5 b1 b2 c1 a6', 4)
    expect(letIn).toEqual([true, true, true, true, false, true, true, true, false])
    expect(left).toEqual(['a4', 'a3', expect.stringMatching(/a2|b2/)])
    expect(queue.size).toBe(4)
    room = 4
    queue.serve()
    expect(went.slice(0, 3)).toEqual(['a1', 'b1', 'c1'])
  })

  it('that takes nobody takes nobody', () => {
    expect(queueOf('a1 b1', 0).letIn).toEqual([false, false])
  })

  it('forgets whoever leaves, and only them', () => {
    const queue = new Queue()
    const all = ['a1', 'a2', 'b1'].map((name) => waiting(name[0] as string, name))
    for (const each of all) queue.add(each, 10)
    queue.remove(all[0] as Waiting)
    queue.remove(all[0] as Waiting)
    expect(queue.size).toBe(2)
    expect(queue.takeAll()).toEqual([all[1], all[2]])
    expect(queue.size).toBe(0)
  })

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('takes %s for the client %s', (peer, client) => expect(clientOf(peer)).toBe(client))
})

describe('a route whose instances have as many requests as they may', () => {
  let router: InProcess
  const endings: (() => unknown)[] = []
  beforeAll(async () => {
    router = await inProcess()
  })
  afterAll(() => router.close())
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end()
  })

  /** An app whose answers wait until they are let out. */
  const slowApp = async (name = 'slow') => {
    const held: { url: string; answer: () => void }[] = []
    const order: string[] = []
    let most = 0
    const made = await backend((message: IncomingMessage, response: ServerResponse) => {
      held.push({ url: message.url ?? '', answer: () => response.end(name) })
      order.push(message.url ?? '')
      most = Math.max(most, held.length)
      message.resume()
    })
    endings.push(made.close)
    return {
      made,
      held,
      order,
      most: () => most,
      answerOne: () => held.shift()?.answer(),
      has: (count: number) =>
        vi.waitUntil(() => held.length === count, { timeout: 10_000, interval: 5 }),
    }
  }
  const limited = (
    apps: Backend[],
    limits: Partial<typeof defaultLimits>,
    more: Partial<Route> = {},
  ) => routeTo(apps, { limits: { ...defaultLimits, inFlight: 1, ...limits }, ...more })
  const visit = (more: Partial<Ask> = {}) => ask({ port: router.port, ...more })
  const queueOf = (host = 'shop.test') => {
    const rows = router.traffic.counts().filter((row) => row.host === host)
    return rows.find(({ release }) => release === null)?.queue
  }
  const waits = (count: number, host?: string) =>
    vi.waitUntil(() => queueOf(host)?.waiting === count, { timeout: 10_000, interval: 5 })

  it('gives each no more, and the others their turn', async () => {
    const [a, b] = [await slowApp(), await slowApp()]
    router.apply(limited([a.made, b.made], { inFlight: 2 }))
    const visits = Array.from({ length: 12 }, () => visit())
    await waits(8)
    for (let answered = 0; answered < 12; answered++) {
      await vi.waitUntil(() => a.held.length + b.held.length > 0, { timeout: 10_000, interval: 5 })
      if (a.held.length > b.held.length) a.answerOne()
      else b.answerOne()
    }
    expect((await Promise.all(visits)).map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect([a.most(), b.most()]).toEqual([2, 2])
    expect(queueOf()).toMatchObject({ waiting: 0, turnedAway: 0 })
  })

  it('answers 503 with Retry-After when its queue is full, in the words of the visitor', async () => {
    const host = 'full.test'
    const app = await slowApp()
    router.apply(limited([app.made], { queue: 1 }, { host }))
    const first = visit({ host })
    await app.has(1)
    const second = visit({ host })
    await waits(1, host)
    const third = await visit({ host, headers: { accept: 'text/html', 'accept-language': 'ko' } })
    expect(third.status).toBe(503)
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0)
    expect(third.body).toContain('요청이 몰려')
    expect((await visit({ host })).body).toContain('Too many requests at once')
    expect(queueOf(host)).toEqual({ waiting: 1, waited: 1, turnedAway: 2 })
    app.answerOne()
    await app.has(1)
    app.answerOne()
    expect((await Promise.all([first, second])).map(({ body }) => body)).toEqual(['slow', 'slow'])
  })

  it('answers 503 to whoever has waited long enough', async () => {
    const app = await slowApp()
    router.apply(limited([app.made], { waitSeconds: 0.2 }))
    const first = visit()
    await app.has(1)
    const began = performance.now()
    expect((await visit()).status).toBe(503)
    expect(performance.now() - began).toBeGreaterThan(190)
    app.answerOne()
    expect((await first).status).toBe(200)
    expect(app.held).toEqual([])
  })

  it('is fair: a flood from one address does not keep another one from its turn', async () => {
    const app = await slowApp()
    router.apply(limited([app.made], { queue: 50 }))
    const flood = Array.from({ length: 200 }, (_, at) => visit({ path: `/flood/${at}` }))
    await waits(50)
    const other = from('127.0.0.2', router.port, '/other')
    await vi.waitUntil(() => router.traffic.counts().some(({ queue }) => queue.turnedAway >= 150), {
      timeout: 10_000,
    })
    for (let turn = 0; turn < 2; turn++) {
      app.answerOne()
      await app.has(1)
    }
    expect(app.order).toHaveLength(3)
    expect(app.order).toContain('/other')
    router.apply(limited([app.made], { inFlight: 0 }))
    await vi.waitUntil(() => app.held.length >= 49, { timeout: 10_000 })
    while (app.held.length > 0) app.answerOne()
    expect((await other).status).toBe(200)
    const statuses = (await Promise.all(flood)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(150)
  })

  it('frees the place of a visitor who leaves', async () => {
    const app = await slowApp()
    router.apply(limited([app.made], { queue: 1 }))
    const first = visit()
    await app.has(1)
    const leaving = connect(router.port, '127.0.0.1', () =>
      leaving.write('GET /left HTTP/1.1\r\nHost: shop.test\r\n\r\n'),
    )
    await waits(1)
    leaving.destroy()
    await waits(0)
    const next = visit({ path: '/next' })
    await waits(1)
    app.answerOne()
    await app.has(1)
    expect(app.held[0]?.url).toBe('/next')
    app.answerOne()
    expect((await Promise.all([first, next])).map(({ status }) => status)).toEqual([200, 200])
  })

  it('sends those who wait to new instances when the table changes, and away when their route is gone', async () => {
    const [old, young] = [await slowApp('old'), await slowApp('young')]
    router.apply(limited([old.made], {}))
    const first = visit()
    await old.has(1)
    const others = [visit(), visit()]
    await waits(2)
    router.apply(limited([young.made], { inFlight: 2 }))
    await young.has(2)
    young.answerOne()
    young.answerOne()
    expect((await Promise.all(others)).map(({ body }) => body)).toEqual(['young', 'young'])
    old.answerOne()
    expect((await first).body).toBe('old')

    router.apply(limited([old.made], {}))
    const again = visit()
    await old.has(1)
    const lost = visit()
    await waits(1)
    router.apply()
    expect((await lost).status).toBe(404)
    old.answerOne()
    expect((await again).body).toBe('old')
    expect(queueOf()?.waiting).toBe(0)
  })

  it('forgets how long somebody may wait once it has let them go on', async () => {
    const [old, young] = [await slowApp('old'), await slowApp('young')]
    router.apply(limited([old.made], { waitSeconds: 0.3 }))
    const first = visit()
    await old.has(1)
    const second = visit()
    await waits(1)
    router.apply(limited([young.made], {}))
    await young.has(1)
    await new Promise((resolve) => setTimeout(resolve, 400))
    young.answerOne()
    old.answerOne()
    expect((await Promise.all([first, second])).map(({ body }) => body)).toEqual(['old', 'young'])
  })

  it('does not count what is upgraded, and lets an upload wait before it is sent', async () => {
    const app = await slowApp()
    app.made.server.on('upgrade', (_, socket) => {
      socket.on('error', () => {})
      socket.on('end', () => socket.end()).resume()
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
      )
    })
    router.apply(limited([app.made], {}))
    const socket = connect(router.port, '127.0.0.1')
    endings.push(() => socket.destroy())
    const hello = until(socket, 'hello')
    socket.write(
      'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    await hello
    const first = visit()
    await app.has(1)
    const upload = connect(router.port, '127.0.0.1')
    endings.push(() => upload.destroy())
    let heard = ''
    upload.on('data', (chunk: Buffer) => {
      heard += chunk.toString()
    })
    upload.write(
      'POST /up HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    )
    await waits(1)
    expect(heard).toBe('')
    app.answerOne()
    await vi.waitUntil(() => heard.includes('100 Continue'), { timeout: 10_000 })
    upload.write('hello')
    await app.has(1)
    app.answerOne()
    await vi.waitUntil(() => heard.includes('200 OK'), { timeout: 10_000 })
    expect((await first).status).toBe(200)
  })
})

/** A request from an address of this machine's own. */
function from(localAddress: string, port: number, path: string): Promise<Pick<Answer, 'status'>> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, path, localAddress, agent: false, headers: { host: 'shop.test' } },
      (response) => {
        response.resume()
        response.on('end', () => resolve({ status: response.statusCode ?? 0 }))
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}
