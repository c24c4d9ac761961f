import { setTimeout as delay } from 'node:timers/promises'
import { NaruError } from '../base/error.ts'
import { ApiFailure } from './failure.ts'
import type { Failure } from './shapes.ts'

/** One message of server-sent events. */
export type Message = { id: string | null; event: string; data: string }

/** The messages in a body of server-sent events. What was cut off in the middle is left out. */
export async function* readMessages(body: AsyncIterable<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder()
  let rest = ''
  let message = emptyMessage()
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line
      if (text !== '') {
        readField(message, text)
        continue
      }
      if (message.data !== null) yield { id: message.id, event: message.event, data: message.data }
      message = emptyMessage()
    }
  }
}

export type Resumption = {
  /** The message that ends the stream; a stream that ends before it was broken off. Left out: ends with its body. */
  endsWith?: string
  /** A stream without an end: when its body ends, it was broken off. */
  endless?: boolean
  /** How long nothing may answer after a break before it is given up. */
  patienceMs: number
  /** Waits for the first connection too, and not only for one after a break. */
  patient?: boolean
  signal?: AbortSignal
}

/**
 * Reads a stream over as many connections as it takes; `open` is given the id to go on after. Throws what
 * `open` throws unless that may pass: nothing answering, or a server on its way up or down. Throws `ApiFailure` for what
 * the server says in the middle, as when the token was revoked.
 */
export async function* resumedMessages(
  open: (lastId: string | null) => Promise<AsyncIterable<Uint8Array>>,
  { endsWith, endless = false, patienceMs, patient = false, signal }: Resumption,
): AsyncGenerator<Message> {
  let lastId: string | null = null
  let heard = patient
  let silentSince = performance.now()
  for (let attempt = 0; ; attempt += 1) {
    let connectedAt = Number.POSITIVE_INFINITY
    try {
      const body = await open(lastId)
      heard = true
      connectedAt = performance.now()
      for await (const message of readMessages(body)) {
        attempt = 0
        silentSince = performance.now()
        lastId = message.id ?? lastId
        if (message.event === 'failure') throw failureIn(message)
        yield message
        if (message.event === endsWith) return
      }
      if (endsWith === undefined && !endless) return
      silentSince = quietSince(silentSince, connectedAt)
      if (performance.now() - silentSince > patienceMs) throw brokenOff()
    } catch (error) {
      if (signal?.aborted) return
      silentSince = quietSince(silentSince, connectedAt)
      if (!heard || !mayPass(error) || performance.now() - silentSince > patienceMs) throw error
    }
    await delay(Math.min(100 * 2 ** attempt, 1000), undefined, { signal }).catch(ignoreAbort)
    if (signal?.aborted) return
  }
}

/** Asks again for as long as nothing answers; for questions that may be put twice. */
export async function patiently<T>(question: () => Promise<T>, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await question()
    } catch (error) {
      if (!mayPass(error) || performance.now() > deadline) throw error
    }
    await delay(Math.min(100 * 2 ** attempt, 1000))
  }
}

const failureIn = ({ data }: Message) => new ApiFailure(JSON.parse(data) as Failure, 0)

type PartialMessage = { id: string | null; event: string; data: string | null }

const emptyMessage = (): PartialMessage => ({ id: null, event: 'message', data: null })

function readField(message: PartialMessage, line: string): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const name = colon < 0 ? line : line.slice(0, colon)
  const raw = colon < 0 ? '' : line.slice(colon + 1)
  const value = raw.startsWith(' ') ? raw.slice(1) : raw
  if (name === 'id') message.id = value
  else if (name === 'event') message.event = value
  else if (name === 'data')
    message.data = message.data === null ? value : `${message.data}\n${value}`
}

/** A connection that held was no silence, even if nothing was said on it. */
function quietSince(silentSince: number, connectedAt: number): number {
  const now = performance.now()
  return now - connectedAt > 5000 ? now : silentSince
}

function mayPass(error: unknown): boolean {
  if (error instanceof ApiFailure) return error.status === 503
  if (error instanceof NaruError) return error.code === 'server.unreachable'
  return error instanceof Error && 'code' in error
}

const brokenOff = (): Error =>
  Object.assign(new Error('the stream ended early, again and again'), { code: 'ECONNRESET' })

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
