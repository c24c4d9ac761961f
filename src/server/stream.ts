import { setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { NaruError } from '../base/error.ts'
import * as shapes from '../contract/shapes.ts'
import { failureOf } from './failure.ts'
import type { ApiParts } from './parts.ts'

/** One server-sent event. A reader that was cut off goes on after the `id` that it saw last. */
export type Message = { id: number; event: string; data: unknown }

export type StreamLimits = {
  /** How often a comment is sent, so that both ends notice when the other is gone. */
  heartbeatMs: number
  /** A reader that takes nothing for so long is cut off; it can go on where it was. */
  stallMs: number
}

/** How long whoever is refused in the middle may take to hear why. */
export const farewellMs = 2000

export const streamLimits: StreamLimits = { heartbeatMs: 15_000, stallMs: 60_000 }

/** Where reading goes on: after this id. */
export const afterQuery = {
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'expected a number')
    .transform(Number)
    .optional(),
}

/** How an answer that is a stream is documented: what each message carries, by its name. */
export function streamOf(messages: Readonly<Record<string, z.ZodType>>) {
  const all = { ...messages, failure: shapes.failure }
  const description = `Server-sent events named ${Object.keys(all).join(', ')}; this is their data`
  const schema = z.union(Object.values(all))
  return { 200: { description, content: { 'text/event-stream': { schema } } } }
}

/** The id to go on after: what a reader saw last before it was cut off, else `?after=`; undefined from the start. */
export function resumeAfter(
  request: FastifyRequest,
  after: number | undefined,
): number | undefined {
  const last = request.headers['last-event-id']
  if (last === undefined || last === '') return after
  if (typeof last === 'string' && /^\d{1,15}$/.test(last)) return Number(last)
  throw new NaruError('request.invalid', { issues: ['Last-Event-ID: expected a number'] })
}

/** The streams that are open, so that the server can end. */
export class Streams {
  readonly #closing = new AbortController()
  readonly #parts: Pick<ApiParts, 'log' | 'words'>
  readonly #limits: StreamLimits

  constructor(parts: Pick<ApiParts, 'log' | 'words'>, limits: StreamLimits = streamLimits) {
    this.#parts = parts
    setMaxListeners(0, this.#closing.signal)
    this.#limits = limits
  }

  /**
   * Sends what `messages` yields, no faster than the reader takes it, and ends after its last. A stream that
   * breaks, here or there, is cut and never ended, so that its reader knows that there is more. One whose token is
   * revoked ends with the reason.
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    messages: (signal: AbortSignal) => AsyncIterable<Message>,
  ): Promise<void> {
    reply.hijack()
    const { id: requestId, asker } = request
    const response = reply.raw
    const over = new AbortController()
    const cut = () => response.destroy()
    const heartbeat = begin(response, requestId, this.#limits.heartbeatMs)
    response.once('close', () => {
      clearInterval(heartbeat)
      over.abort()
    })
    response.on('error', cut) // A reader that goes away in the middle of a write is no failure of ours.
    this.#closing.signal.addEventListener('abort', cut, { once: true })
    if (this.#closing.signal.aborted) cut()
    const refuse = () => {
      over.abort()
      this.#refuse(request, response)
    }
    asker?.revoked.addEventListener('abort', refuse, { once: true })
    if (asker?.revoked.aborted) refuse()
    try {
      for await (const message of messages(over.signal)) {
        if (response.destroyed || response.writableEnded) break
        if (!response.write(encoded(message))) {
          await drained(response, over.signal, this.#limits.stallMs)
        }
      }
      if (!response.destroyed && !response.writableEnded) response.end()
    } catch (error) {
      if (response.writableEnded) return // It was refused, and the reason is on its way.
      if (!response.destroyed) this.#parts.log.error('a stream broke', error, { requestId })
      response.destroy()
    } finally {
      clearInterval(heartbeat)
      this.#closing.signal.removeEventListener('abort', cut)
      asker?.revoked.removeEventListener('abort', refuse)
    }
  }

  /** Says why nothing more comes; a reader who does not take that is cut off. */
  #refuse(request: FastifyRequest, response: ServerResponse): void {
    if (response.destroyed) return
    const failure = failureOf(request.asker?.revoked.reason, request, this.#parts)
    response.end(lastly('failure', failure))
    const late = setTimeout(() => response.destroy(), farewellMs).unref()
    response.once('close', () => clearTimeout(late))
  }

  /** Cuts every stream, and every one that is opened from now on. */
  close(): void {
    this.#closing.abort()
  }
}

function begin(response: ServerResponse, requestId: string, heartbeatMs: number): NodeJS.Timeout {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
  })
  response.flushHeaders()
  return setInterval(() => {
    const isOpen = !response.destroyed && !response.writableEnded
    if (isOpen && !response.writableNeedDrain) response.write(':\n\n')
  }, heartbeatMs).unref()
}

/** JSON has no bare newline, so that one `data` line is enough. */
const encoded = ({ id, event, data }: Message): string => field('id', id) + lastly(event, data)

/** Without an id, since nothing comes after it that could be gone on with. */
const lastly = (event: string, data: unknown): string =>
  `${field('event', event)}${field('data', JSON.stringify(data))}\n`

const field = (name: string, value: string | number): string => `${name}: ${value}\n`

/** Until the reader has taken what was written. One that takes too long is cut off. */
function drained(response: ServerResponse, over: AbortSignal, stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) return resolve()
    const stalled = setTimeout(() => response.destroy(), stallMs)
    const done = () => {
      clearTimeout(stalled)
      response.off('drain', done)
      over.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    over.addEventListener('abort', done, { once: true })
  })
}
