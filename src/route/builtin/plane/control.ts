import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Answers, alivePath, type Call, elderAlivePath, type Refusal } from '../protocol.ts'
import { after } from './drain.ts'

/** What the control socket can ask of a router. A refusal is thrown as `Refused`. */
export type Controls = { [C in Call]: (body: unknown) => Answers[C] | Promise<Answers[C]> }

/** An answer other than 200. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.reason)
  }
}

const bodyLimitBytes = 64 * 1024 * 1024

export type Control = {
  server: Server
  /** Tells whoever keeps this router running that another one serves. */
  cutLines(): void
  /** Resolves when every answer that was due is out, soon at the latest: a drain may have long to wait for its own. */
  settled(): Promise<void>
}

const settledWithinMs = 200
/** Calls come one after the other while a deployment goes on, and then none for long. */
const keptForMs = 1_000

/** The server on the control socket: one call a request, JSON in and out. */
export function createControl(controls: Controls, onError: (error: unknown) => void): Control {
  const lines = new Set<ServerResponse>()
  const due = new Set<ServerResponse>()
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    if (request.url === elderAlivePath) return stayOpen(response)
    if (request.url === alivePath) {
      lines.add(response)
      response.once('close', () => lines.delete(response))
      return stayOpen(response)
    }
    due.add(response)
    response.once('close', () => due.delete(response))
    void answer(controls, request)
      .catch((error: unknown) => refusalFor(error, onError))
      .then(({ status, body }) => respond(response, status, body))
  })
  server.timeout = 0
  server.keepAliveTimeout = keptForMs
  return {
    server,
    cutLines: () => {
      for (const line of lines) line.destroy()
    },
    settled: async () => {
      const { promise: timeIsUp, cancel } = after(settledWithinMs)
      const out = [...due].map((each) => new Promise((resolve) => each.once('close', resolve)))
      await Promise.race([Promise.all(out), timeIsUp])
      cancel()
    },
  }
}

function stayOpen(response: ServerResponse): void {
  response.writeHead(200)
  response.flushHeaders()
}

type Answer = { status: number; body: unknown }

async function answer(controls: Controls, request: IncomingMessage): Promise<Answer> {
  const call = `${request.method} ${request.url}`
  const body = await bodyOf(request)
  if (!isCall(controls, call)) throw new Refused(404, { reason: `there is no ${call}` })
  return { status: 200, body: await controls[call](body) }
}

const isCall = (controls: Controls, call: string): call is Call => Object.hasOwn(controls, call)

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimitBytes) throw new Refused(413, { reason: 'the body is too large' })
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch (error) {
    throw new Refused(400, { reason: `the body is no JSON: ${String(error)}` })
  }
}

function refusalFor(error: unknown, onError: (error: unknown) => void): Answer {
  if (error instanceof Refused) return { status: error.status, body: error.refusal }
  onError(error)
  return { status: 500, body: { reason: String(error) } satisfies Refusal }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
