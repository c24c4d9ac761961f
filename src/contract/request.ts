import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { request as plainRequest } from 'node:http'
import type { Readable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import { ApiFailure } from './failure.ts'
import type { Failure } from './shapes.ts'

/** Where a server is and how to be let in. `address` is a base URL, "http://127.0.0.1:7878". */
export type ApiTarget = {
  address: string
  token: string | null
  /** The language that failures are to be said in; the server's own if left out. */
  language?: string
}

export type ApiRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  /** A body that is sent as it comes, with its type in `headers`; the request fails with what it fails with. */
  bytes?: Readable
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Gives up when nothing is heard for so long; waits for ever if left out. */
  timeoutMs?: number
}

/**
 * Sends a request and gives the answer's body unread. Throws `ApiFailure` for what the server refused, and
 * `server.unreachable` where nothing, or something else, answers.
 */
export async function send(target: ApiTarget, request: ApiRequest): Promise<IncomingMessage> {
  const response = await connect(target, request)
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return response
  throw asFailure(target, status, await readText(response))
}

/** What lets a request in, and the language that its failure is to be said in. */
export const headersOf = ({ language, token }: ApiTarget): Record<string, string> => ({
  ...(language === undefined ? {} : { 'accept-language': language }),
  ...(token === null ? {} : { authorization: `Bearer ${token}` }),
})

/** The failure that an answer which is not 2xx tells of. */
export const refusalOf = async (target: ApiTarget, response: IncomingMessage) =>
  asFailure(target, response.statusCode ?? 0, await readText(response))

/** What answers a question at all answers it within this, in milliseconds. */
const answerMs = 60_000

/** Sends a request and reads its answer's JSON; undefined where the answer has no body. */
export async function ask<T>(target: ApiTarget, request: ApiRequest): Promise<T> {
  return parsed(
    target,
    await readText(await send(target, { timeoutMs: answerMs, ...request })),
  ) as T
}

async function connect(target: ApiTarget, request: ApiRequest): Promise<IncomingMessage> {
  const url = urlOf(target, request)
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  const start = url.protocol === 'https:' ? (await import('node:https')).request : plainRequest
  const options: RequestOptions = {
    method: request.method,
    // A connection of its own: a kept one may have been closed by a server that restarted meanwhile.
    agent: false,
    headers: {
      accept: 'application/json, text/event-stream',
      ...headersOf(target),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...request.headers,
    },
    ...(request.signal ? { signal: request.signal } : {}),
    ...(request.timeoutMs === undefined ? {} : { timeout: request.timeoutMs }),
  }
  return new Promise((resolve, reject) => {
    const sent = start(url, options, resolve)
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', (cause) =>
      reject(
        request.signal?.aborted
          ? cause
          : new NaruError('server.unreachable', { address: target.address }, { cause }),
      ),
    )
    if (request.bytes) sendBytes(request.bytes, sent, reject)
    else sent.end(body)
  })
}

function sendBytes(bytes: Readable, sent: ClientRequest, reject: (error: Error) => void): void {
  bytes.once('error', (error) => {
    reject(error)
    sent.destroy()
  })
  // Whoever answers before everything was sent needs no more of it.
  sent.once('close', () => bytes.destroy())
  bytes.pipe(sent)
}

function urlOf({ address }: ApiTarget, { path, query = {} }: ApiRequest): URL {
  const url = new URL(path, address)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== false) url.searchParams.set(name, String(value))
  }
  return url
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function asFailure(target: ApiTarget, status: number, text: string): ApiFailure | NaruError {
  const body = parsed(target, text)
  if (isFailure(body)) return new ApiFailure(body, status)
  return strangeAnswer(target)
}

function parsed(target: ApiTarget, text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw strangeAnswer(target, cause)
  }
}

const strangeAnswer = ({ address }: ApiTarget, cause?: unknown): NaruError =>
  new NaruError('server.unreachable', { address: `${address} (something else does)` }, { cause })

function isFailure(body: unknown): body is Failure {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    'message' in body &&
    'facts' in body
  )
}
