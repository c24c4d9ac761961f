import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { answerBroken } from './broken.ts'
import { Exchange, type Shared } from './exchange.ts'
import { upgradeIn } from './headers.ts'
import type { LiveTable } from './live-table.ts'
import { answerPage } from './page.ts'
import { type Patience, usualPatience } from './patience.ts'
import { inTurn, noticeEnd, whenFree } from './pending.ts'
import { headLimitBytes, refusalOf } from './refusal.ts'
import { hasBody } from './request-body.ts'
import { targetOf } from './target.ts'

/** The server that visitors reach: every request becomes an exchange with an instance, or a page. */
export function createListener(
  table: LiveTable,
  events: Pick<Shared, 'traffic' | 'onEjected'>,
  patience: Patience = usualPatience,
): Server {
  const find: Shared['find'] = (host, path) => table.find(host, path)
  const shared: Shared = { ...events, patience, find }
  const server = createServer({
    insecureHTTPParser: false, // Whatever the machine's NODE_OPTIONS say.
    maxHeaderSize: headLimitBytes,
    headersTimeout: patience.headMs,
    requestTimeout: 0, // An upload may take hours; its pieces are waited for one by one.
    keepAliveTimeout: patience.restMs,
    connectionsCheckingInterval: Math.min(5_000, patience.headMs / 2),
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    noDelay: true,
    highWaterMark: 64 * 1024,
  })
  server.on('connection', (socket) => socket.setMaxListeners(0)) // One for each request that waits on it.
  const answer = (request: IncomingMessage, response: ServerResponse, waits: boolean) => {
    // Before Node hears of it, which would close the connection of a last answer at once.
    if (hasBody(request))
      response.prependOnceListener('finish', () => linger(request, patience.lingerMs))
    inTurn(request, response, () => {
      if (!server.listening) response.shouldKeepAlive = false // It is ending.
      route(shared, { request, response, waits, upgrade: null })
    })
  }
  server.on('request', (request, response) => answer(request, response, false))
  server.on('checkContinue', (request, response) => answer(request, response, true))
  server.on('checkExpectation', (request, response) => answer(request, response, false))
  server.on('upgrade', (request, socket, head) =>
    whenFree(socket, () => upgrade(server, shared, request, socket, head)),
  )
  server.on('connect', (request, socket) =>
    whenFree(socket, () => {
      route(shared, { request, response: answerOn(request, socket), waits: false, upgrade: null })
    }),
  )
  server.on('clientError', (error, socket) =>
    answerBroken(error, socket as Socket, patience.lingerMs),
  )
  return server
}

function route(shared: Shared, incoming: Omit<Exchange['incoming'], 'target' | 'route'>): void {
  const { request, response, waits } = incoming
  response.on('error', () => {}) // Its 'close' follows.
  const refusal = refusalOf(request)
  if (refusal !== null) {
    response.shouldKeepAlive = false
    answerPage(request, response, refusal.page, refusal.subject)
    return
  }
  const target = targetOf(request)
  if (typeof target === 'string') {
    response.shouldKeepAlive = false
    answerPage(request, response, 'bad-request', target)
    return
  }
  const route = shared.find(target.host, target.path)
  if (route) {
    new Exchange({ ...incoming, target, route }, shared).start()
    return
  }
  if (waits) response.shouldKeepAlive = false
  answerPage(request, response, 'no-such-app', target.authority)
}

/**
 * An answer is out before its request is all in: the rest is read and dropped, for a while. A connection that was closed
 * on bytes which are still to come would take the answer with it, so that one whose last answer this was ends after them.
 */
function linger(request: IncomingMessage, lingerMs: number): void {
  if (request.complete) return
  const { socket } = request
  let isLast = false
  socket.destroySoon = () => {
    isLast = true
    socket.end()
  }
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  timer.unref()
  request.once('close', () => {
    clearTimeout(timer)
    delete (socket as { destroySoon?: unknown }).destroySoon // Node's own again.
    if (isLast) socket.destroySoon()
  })
  request.resume()
}

function upgrade(
  server: Server,
  shared: Shared,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const protocol = upgradeIn(request.headers)
  if (protocol === null) {
    readAgain(server, request, socket, head)
    return
  }
  const ready = noticeEnd(socket)
  route(shared, {
    request,
    response: answerOn(request, socket),
    waits: false,
    upgrade: { protocol, socket, head, ready },
  })
}

/** The answer on a connection that Node has stopped reading HTTP on; its last one. */
function answerOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  socket.on('error', () => {}) // Its 'close' follows.
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  ;(socket as Socket).setTimeout(0) // That of a connection that rests.
  response.once('finish', () => (socket as Socket).destroySoon())
  return response
}

/**
 * A client may offer an upgrade that is not taken up. Node has stopped reading HTTP on its connection by then,
 * so the request is put back without the offer and read once more.
 */
function readAgain(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  const { rawHeaders } = request
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    const key = name.toLowerCase()
    const rest = key === 'connection' ? withoutOffer(value) : value
    if (!offer.has(key) && (key !== 'connection' || rest !== '')) lines.push(`${name}: ${rest}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

const offer: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

const withoutOffer = (connection: string): string =>
  connection
    .split(',')
    .filter((name) => !offer.has(name.trim().toLowerCase()))
    .join(',')
