import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, expect, it, vi } from 'vitest'
import { defaultLimits, defaultTimeouts } from '../../src/model/route-bounds.ts'
import { routeTo } from './backend.ts'
import { inProcess } from './in-process.ts'
import { smuggling } from './smuggling.ts'

const forMs = Number(process.env['NARU_CHAOS_SECONDS'] ?? 4) * 1000
const seed = Number(process.env['NARU_CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9))
const random = randomFrom(seed)
const below = (count: number): number => Math.floor(random() * count)
const oneOf = <T>(all: readonly T[]): T => all[below(all.length)] as T

const answers = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
  'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`,
  `HTTP/1.1 200 OK\r\n\r\n${'y'.repeat(100_000)}`,
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
]
const pieces = [
  ...['\r', '\n', '\0', ' ', ':', '\r\n', '\r\n\r\n', '0\r\n\r\n', '\xff'],
  ...['Transfer-Encoding: chunked\r\n', 'Content-Length: 3\r\n', 'Upgrade: websocket\r\n'],
  'Expect: 100-continue\r\n',
]

/** The same text, mostly, with something put in, taken out or doubled. */
function worn(text: string): string {
  if (random() < 0.4) return text
  let now = text
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(now.length)
    const rests = [
      oneOf(pieces) + now.slice(at),
      now.slice(at + 1 + below(5)),
      now.slice(below(now.length)),
    ]
    now = now.slice(0, at) + oneOf(rests)
  }
  return now
}

const closings: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closings.toReversed()) await close()
})

/** An app that does whatever comes to its mind. */
async function moodyApp(name: string) {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: random() < 0.5 }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    socket.on('data', () => {
      const mood = random()
      if (mood < 0.05) socket.destroy()
      else if (mood < 0.1) socket.resetAndDestroy()
      if (mood < 0.15) return
      const text = worn(oneOf(answers))
      const first = random() < 0.3 ? below(text.length) : text.length
      socket.write(text.slice(0, first), 'latin1')
      if (first < text.length) setTimeout(() => socket.end(text.slice(first), 'latin1'), below(20))
      else if (random() < 0.2) socket.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closings.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { id: name, host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

it(`whatever visitors and apps send each other, in whatever order they leave, nothing is left of it (seed ${seed})`, {
  timeout: forMs + 60_000,
}, async () => {
  const router = await inProcess({
    ...{ headMs: 2_000, bodyMs: 300, takeMs: 300, lingerMs: 300, restMs: 3_000, halfMs: 300 },
  })
  const apps = await Promise.all(['a', 'b', 'c'].map(moodyApp))
  const newTable = () =>
    router.apply(
      routeTo(
        apps.filter(() => random() < 0.8),
        {
          limits: {
            ...defaultLimits,
            bodyBytes: oneOf([0, 1_000]),
            inFlight: below(4),
            queue: below(20),
            waitSeconds: random(),
          },
          timeouts: { ...defaultTimeouts, answerSeconds: 1, idleSeconds: oneOf([0, 0.2]) },
        },
      ),
    )
  newTable()
  const tables = setInterval(newTable, 50)
  let going = true
  const visitor = async () => {
    while (going) {
      const { bytes, then = '' } = oneOf(smuggling)
      const before = random() < 0.3 ? 'GET /before HTTP/1.1\r\nHost: shop.test\r\n\r\n' : ''
      const text = worn(before + bytes + then)
      const first = random() < 0.5 ? below(text.length) : text.length
      const socket = connect(router.port, '127.0.0.1')
      socket.on('error', () => {})
      if (random() < 0.7) socket.resume()
      socket.write(text.slice(0, first), 'latin1')
      setTimeout(() => socket.write(text.slice(first), 'latin1'), below(30))
      await new Promise((resolve) => setTimeout(resolve, below(300)))
      if (random() < 0.5) socket.end()
      setTimeout(() => socket.destroy(), below(100))
    }
  }
  const visitors = Promise.all(Array.from({ length: 30 }, visitor))
  await new Promise((resolve) => setTimeout(resolve, forMs))
  going = false
  await visitors
  clearInterval(tables)
  const rows = () => router.traffic.counts()
  await vi
    .waitUntil(
      () =>
        router.upstreams.inFlight === 0 &&
        rows().every(({ inFlight, queue }) => inFlight === 0 && queue.waiting === 0),
      { timeout: 20_000 },
    )
    .catch(() => {}) // What is left is looked at next.
  expect(rows().filter(({ inFlight, queue }) => inFlight > 0 || queue.waiting > 0)).toEqual([])
  expect(router.upstreams.inFlight).toBe(0)
  const requests = rows().reduce((sum, row) => sum + row.requests, 0)
  const outcomes = rows().flatMap((row) => Object.values(row.outcomes))
  expect(requests).toBeGreaterThan(100)
  expect(outcomes.reduce((sum, count) => sum + count)).toBe(requests)
  await router.close()
})

/** Numbers from 0 up to 1, the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}
