import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { type Answer, Line, Lost, type Question } from './line.ts'
import { Times } from './times.ts'
import type { Became, Orders, Said, Word } from './traffic-shape.ts'

// The visitors of bench:lossless, a process of their own: orders come as lines of JSON, and what is seen goes out so.

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const orders = JSON.parse(String((await lines.next()).value)) as Orders
const { port, host, perSecond, slowMs, uploadBytes, mayBeDown } = orders
const longestMs = 30_000
const times = new Times()
const lanes: Record<string, number> = {}
const lastBegun: Record<string, number> = {}
let phase = 'calm'
let requests = 0
let bodies = 0
/** Lines whose last question was answered with the router's own "nobody serves". */
const down = new WeakSet<Line>()
const isDown = (line: Line): boolean => down.has(line)
let isStopping = false
let wake: () => void = () => {}
const stopped = new Promise<void>((resolve) => {
  wake = resolve
})

const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`)
const failed = (lane: string, what: string, instance: string | null = null): void =>
  say({ kind: 'failure', at: Date.now(), lane, what, instance })
const count = (lane: string): void => {
  requests += 1
  lanes[lane] = (lanes[lane] ?? 0) + 1
}

const running = [
  ...spread(16, (start) => gets('kept', 16 / (perSecond * 0.6), start)),
  ...spread(8, (start) => gets('new', 8 / (perSecond * 0.25), start)),
  ...spread(4, (start) => posts('post', 4 / (perSecond * 0.15), start)),
  uploads(),
  slowOnes(),
  events(),
  socket(),
]
const counting = setInterval(() => say({ kind: 'count', requests }), 250)
void obey()
await Promise.all(running)
clearInterval(counting)
say({ kind: 'summary', requests, lanes, times: times.all(), lastBegun })
process.exit(0)

async function obey(): Promise<void> {
  for await (const line of { [Symbol.asyncIterator]: () => lines }) {
    const word = JSON.parse(line) as Word
    if ('phase' in word) phase = word.phase
    else break
  }
  // Told to stop, or left alone.
  isStopping = true
  wake()
}

/** Lanes that do the same begin one after the other. */
function spread<T>(amount: number, lane: (start: number) => T): T[] {
  return Array.from({ length: amount }, (_, at) => lane(at / amount))
}

/** Every so many seconds, however long each takes; what is late is made up for. */
async function* beats(everySeconds: number, start = 0): AsyncGenerator<number> {
  let due = performance.now() + start * everySeconds * 1000
  for (let turn = 0; !isStopping; turn += 1) {
    await pause(due - performance.now())
    if (isStopping) return
    yield turn
    due += everySeconds * 1000
  }
}

async function pause(ms: number): Promise<void> {
  if (ms <= 0) return
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([over, stopped])
  clearTimeout(timer)
}

async function gets(lane: 'kept' | 'new', everySeconds: number, start: number): Promise<void> {
  const kept = new Line(port, (how) => failed(lane, `a kept connection: ${how}`))
  for await (const _ of beats(everySeconds, start)) {
    const line = lane === 'kept' ? kept : new Line(port, () => {})
    const began = performance.now()
    const path = `/${lane}/${requests}`
    const isNew = lane === 'new'
    const answer = await asked(lane, line, {
      method: 'GET',
      path,
      host,
      isNew,
      timeoutMs: longestMs,
    })
    if (answer !== null) {
      times.add(phase, performance.now() - began)
      expectBody(lane, answer, path)
    }
    if (isNew) line.end()
  }
  kept.end()
}

async function posts(lane: string, everySeconds: number, start: number): Promise<void> {
  const line = new Line(port, (how) => failed(lane, `a kept connection: ${how}`))
  for await (const turn of beats(everySeconds, start))
    await post(lane, line, randomBytes(1 + ((turn * 997) % 8192)), turn % 2 === 1)
  line.end()
}

async function uploads(): Promise<void> {
  const line = new Line(port, (how) => failed('upload', `a kept connection: ${how}`))
  for await (const turn of beats(1))
    await post('upload', line, randomBytes(uploadBytes), turn % 2 === 1)
  line.end()
}

async function post(lane: string, line: Line, body: Buffer, isChunked: boolean): Promise<void> {
  bodies += 1
  const path = `/${lane}/${bodies}`
  const wanted = `${path} ${body.length} ${createHash('sha256').update(body).digest('hex')}`
  const question = { method: 'POST', path, host, body, isChunked, timeoutMs: longestMs }
  const answer = await asked(lane, line, question)
  let became: Became = 'lost'
  if (answer !== null) became = expectBody(lane, answer, wanted) ? 'counted' : 'lost'
  else if (isDown(line)) became = 'no'
  appendFileSync(orders.sent, `${wanted} ${became}\n`)
}

async function slowOnes(): Promise<void> {
  const line = new Line(port, (how) => failed('slow', `a kept connection: ${how}`))
  while (!isStopping) {
    const path = `/slow/${slowMs}`
    const question = { method: 'GET', path, host, timeoutMs: slowMs + longestMs }
    const answer = await asked('slow', line, question)
    if (answer === null) await pause(200)
    else expectBody('slow', answer, path)
  }
  line.end()
}

async function asked(lane: string, line: Line, question: Question): Promise<Answer | null> {
  count(lane)
  const begun = Date.now()
  down.delete(line)
  try {
    const answer = await line.ask(question)
    const instance = answer.headers.get('x-instance')
    if (instance === undefined && answer.status === 503 && mayBeDown) {
      down.add(line)
      say({ kind: 'down', at: Date.now(), lane })
      return null
    }
    if (instance !== undefined && lane !== 'slow')
      lastBegun[instance] = Math.max(lastBegun[instance] ?? 0, begun)
    if (answer.status === 200) return answer
    const text = answer.body
      .toString()
      .replace(/<[^>]*>|\s+/g, ' ')
      .trim()
      .slice(0, 160)
    failed(lane, `status ${answer.status}: ${text}`, instance)
  } catch (error) {
    if (!(error instanceof Lost)) throw error
    failed(lane, `${question.method} ${question.path}: ${error.message}`)
  }
  return null
}

function expectBody(lane: string, { body, headers }: Answer, wanted: string): boolean {
  const said = body.toString()
  if (said === wanted) return true
  failed(lane, `"${said.slice(0, 200)}" for "${wanted}"`, headers.get('x-instance'))
  return false
}

async function events(): Promise<void> {
  while (!isStopping) {
    const line = new Line(port, () => {})
    count('events')
    const openedAt = Date.now()
    let instance: string | null = null
    let status = 0
    let number = 0
    let text = ''
    const question = { method: 'GET', path: '/events', host, timeoutMs: longestMs }
    const followed = line
      .follow(
        question,
        (head) => {
          status = head.status
          instance = head.headers.get('x-instance') ?? null
        },
        (piece) => {
          text += piece.toString()
          const whole = text.split('\n\n')
          text = whole.pop() ?? ''
          for (const event of whole) {
            number += 1
            if (event !== `data: ${number}`)
              failed('events', `"${event.slice(0, 80)}" where ${number} was due`, instance)
          }
        },
      )
      .catch((error: unknown) => {
        if (!(error instanceof Lost)) throw error
        return error.message
      })
    const how = await Promise.race([followed, stopped.then(() => null)])
    line.end()
    if (how === null) return
    if (status === 503 && instance === null && mayBeDown) {
      say({ kind: 'down', at: Date.now(), lane: 'events' })
      await pause(200)
    } else if (instance === null || status !== 200) {
      failed('events', `status ${status}, ${how}`)
      await pause(200)
    } else said('events', instance, openedAt, how, number)
  }
}

async function socket(): Promise<void> {
  while (!isStopping) {
    count('socket')
    const openedAt = Date.now()
    const { status, instance, how, echoes } = await echoing()
    if (how === null) return
    if (status === 503 && instance === null && mayBeDown) {
      say({ kind: 'down', at: Date.now(), lane: 'socket' })
      await pause(200)
    } else if (instance === null || status !== 101) {
      failed('socket', `status ${status}, ${how}`)
      await pause(200)
    } else said('socket', instance, openedAt, how, echoes)
  }
}

type Echoing = { status: number; instance: string | null; how: string | null; echoes: number }

/** A number every 50 ms, each to come back in its turn within ten seconds, until the connection ends. */
function echoing(): Promise<Echoing> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
    headers: { host },
    handshakeTimeout: longestMs,
    perMessageDeflate: false,
  })
  const seen: Echoing = { status: 0, instance: null, how: 'ended', echoes: 0 }
  let asked = 0
  let heardAt = performance.now()
  const timer = setInterval(() => {
    if (client.readyState !== WebSocket.OPEN) return
    if (asked > seen.echoes && performance.now() - heardAt > 10_000) {
      failed('socket', `no echo of ${seen.echoes + 1} within 10 s`, seen.instance)
      client.terminate()
    } else {
      asked += 1
      client.send(String(asked))
    }
  }, 50)
  client.on('upgrade', ({ statusCode, headers }) => {
    seen.status = statusCode ?? 0
    seen.instance = headers['x-instance'] === undefined ? null : String(headers['x-instance'])
  })
  client.on('unexpected-response', (_, answer) => {
    seen.status = answer.statusCode ?? 0
    const instance = answer.headers['x-instance']
    seen.instance = instance === undefined ? null : String(instance)
    answer.resume()
    client.terminate()
  })
  client.on('message', (data) => {
    seen.echoes += 1
    heardAt = performance.now()
    if (String(data) !== String(seen.echoes))
      failed('socket', `"${String(data)}" where ${seen.echoes} was due`, seen.instance)
  })
  client.on('error', (error) => {
    seen.how = error.message
  })
  return new Promise((resolve) => {
    const over = (how: string | null) => {
      clearInterval(timer)
      resolve({ ...seen, how })
    }
    client.once('close', (code) => over(seen.how === 'ended' ? `ended with ${code}` : seen.how))
    void stopped.then(() => {
      over(null)
      client.terminate()
    })
  })
}

function said(lane: string, instance: string, openedAt: number, how: string, pieces: number): void {
  say({ kind: 'stream', lane, instance, openedAt, endedAt: Date.now(), how, pieces })
}
