import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type {
  BuildView,
  DeploymentView,
  EventView,
  PlaceStatus,
  ServerInfo,
} from '../../src/contract/shapes.ts'

export type Seen = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: unknown
}
export type Answer = (response: ServerResponse, seen: Seen) => void | Promise<void>

/** A real HTTP server that answers as Naru's API does, with what a test wants to be the case. */
export class StandIn {
  readonly requests: Seen[] = []
  readonly #answers = new Map<string, Answer>()
  #server: Server | undefined
  #port = 0

  static async started(): Promise<StandIn> {
    const standIn = new StandIn()
    standIn.json('GET /v1/health', 200, { ok: true })
    await standIn.start()
    return standIn
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get environment(): Record<string, string> {
    return { NARU_API: this.address, NARU_TOKEN: 'a-token' }
  }

  /** At the same address as before, if there was one. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', this.address)
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const seen: Seen = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body: bodyOf(request.headers, Buffer.concat(chunks)),
        }
        this.requests.push(seen)
        const answer = this.#answers.get(`${seen.method} ${seen.path}`)
        if (answer) void answer(response, seen)
        else
          sendJson(
            response,
            404,
            failureOf('path.unknown', `no path ${seen.path}`, { path: seen.path }, 'naru version'),
          )
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** As a crash does: every connection breaks, and nothing answers any more. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  on(what: string, answer: Answer): void {
    this.#answers.set(what, answer)
  }

  json(what: string, status: number, body: unknown): void {
    this.on(what, (response) => sendJson(response, status, body))
  }

  fails(what: string, status: number, code: string, message: string, hint?: string): void {
    this.json(what, status, failureOf(code, message, {}, hint))
  }

  /** A whole stream at once: name, data and, from 1 on, the id of each message. */
  stream(what: string, messages: [event: string, data: unknown][]): void {
    this.on(what, (response, seen) => {
      beginStream(response)
      const after = Number(seen.headers['last-event-id'] ?? 0)
      messages.forEach(([event, data], index) => {
        if (index + 1 > after) sendMessage(response, event, data, index + 1)
      })
      response.end()
    })
  }

  paths(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`)
  }
}

/** JSON as what it says, anything else as its bytes. */
function bodyOf(headers: IncomingHttpHeaders, body: Buffer): unknown {
  if (body.length === 0) return undefined
  return headers['content-type'] === 'application/json' ? JSON.parse(body.toString()) : body
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
}

export function sendMessage(
  response: ServerResponse,
  event: string,
  data: unknown,
  id?: number,
): void {
  response.write(
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  )
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

export const failureOf = (code: string, message: string, facts: object = {}, hint?: string) => ({
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
  facts,
  requestId: 'r1',
})

export const home = '/v1/apps/shop/environments/production'
export const aCommit = '0123456789abcdef0123456789abcdef01234567'
const at = '2026-03-01T12:00:00.000Z'

/** A time so many seconds after the one at which all stories here begin. */
export const later = (seconds: number): string =>
  new Date(Date.parse(at) + seconds * 1000).toISOString()

export const aServer = (more: Partial<ServerInfo> = {}): ServerInfo => ({
  version: '0.1.0',
  pid: 4242,
  domain: 'localhost',
  http: 'http://127.0.0.1:8080',
  api: 'http://127.0.0.1:7878',
  dataFolder: '/var/lib/naru',
  engine: { engine: 'process', why: { kind: 'silent', reason: 'there is no socket' }, at },
  startedAt: at,
  table: 7,
  olderRouter: false,
  ...more,
})

export const aBuild = (more: Partial<BuildView> = {}): BuildView => ({
  app: 'shop',
  environment: 'production',
  number: 3,
  status: 'succeeded',
  source: 'push',
  commit: aCommit,
  title: 'Sell more',
  by: 'owner',
  queuedAt: at,
  startedAt: later(0.1),
  endedAt: later(3.2),
  artifact: `sha256-${'a'.repeat(64)}`,
  problem: null,
  deployment: 4,
  deploys: true,
  warnings: [],
  ahead: null,
  ...more,
})

export const aDeployment = (more: Partial<DeploymentView> = {}): DeploymentView => ({
  app: 'shop',
  environment: 'production',
  number: 4,
  release: 3,
  from: 2,
  kind: 'release',
  status: 'succeeded',
  problem: null,
  serving: 3,
  by: 'owner',
  queuedAt: at,
  startedAt: later(0.1),
  liveAt: later(1.9),
  endedAt: later(11.9),
  ...more,
})

export const aStatus = (more: Partial<PlaceStatus> = {}): PlaceStatus => ({
  app: 'shop',
  environment: 'production',
  urls: ['http://shop.localhost:8080'],
  serving: 3,
  beside: null,
  stable: 3,
  warm: { release: 2, secondsLeft: 600 },
  deployment: null,
  last: null,
  instances: [],
  ...more,
})

/** An event of deployment 4 of v3. */
export const anEvent = (
  id: number,
  seconds: number,
  kind: string,
  data: Record<string, unknown> = {},
): EventView => ({
  id,
  at: later(seconds),
  app: 'shop',
  environment: 'production',
  kind,
  data: { deployment: 4, release: 3, ...data },
})

const moved = (
  id: number,
  seconds: number,
  from: string,
  to: string,
  more: Record<string, unknown> = {},
): EventView =>
  anEvent(id, seconds, 'deployment.moved', {
    from,
    to,
    serving: 2,
    problem: null,
    settleSeconds: 10,
    ...more,
  })

/** How a deployment goes that goes well. */
export const goodStory: EventView[] = [
  anEvent(1, 0, 'deployment.queued', { kind: 'release', by: 'owner' }),
  moved(2, 0.1, 'queued', 'preparing'),
  moved(3, 0.2, 'preparing', 'starting'),
  anEvent(4, 0.2, 'deployment.starting', { services: ['web'] }),
  anEvent(5, 1.6, 'deployment.healthy', { services: ['web'] }),
  moved(6, 1.7, 'starting', 'shifting'),
  moved(7, 1.9, 'shifting', 'baking', { serving: 3 }),
  anEvent(8, 1.9, 'deployment.live', { seconds: 1.9, urls: ['http://shop.localhost:8080'] }),
  moved(9, 11.8, 'baking', 'promoting', { serving: 3 }),
  moved(10, 11.9, 'promoting', 'succeeded', { serving: 3 }),
  anEvent(11, 11.9, 'deployment.ended', {
    status: 'succeeded',
    serving: 3,
    problem: null,
    seconds: 11.9,
  }),
]

export const unhealthy = {
  code: 'rollout.unhealthy',
  facts: {
    release: 3,
    service: 'web',
    seconds: 30,
    reason: 'connection refused',
    given: 20_012,
    listening: [3000],
  },
}

/** How one goes that never gets healthy. */
export const badStory: EventView[] = [
  ...goodStory.slice(0, 4),
  moved(5, 30.2, 'starting', 'aborting', { problem: unhealthy }),
  moved(6, 30.4, 'aborting', 'failed', { problem: unhealthy }),
  anEvent(7, 30.4, 'deployment.ended', {
    status: 'failed',
    serving: 2,
    problem: unhealthy,
    seconds: 30.4,
  }),
]

export const aFailedDeployment = aDeployment({
  status: 'failed',
  problem: unhealthy,
  serving: 2,
  liveAt: null,
  endedAt: later(30.4),
})
