import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Exchange, type Shared } from './exchange.ts'
import { upgradeIn } from './headers.ts'
import type { LiveTable } from './live-table.ts'
import { answerPage } from './page.ts'
import { targetOf } from './target.ts'

/** How long the rest of a body is read that its app did not want, before the connection is given up. */
const lingerMs = 10_000

/** The server that visitors reach: every request becomes an exchange with an instance, or a page. */
export function createListener(table: LiveTable, shared: Shared): Server {
  const server = createServer({
    headersTimeout: 30_000,
    requestTimeout: 0, // An upload may take hours.
    keepAliveTimeout: 65_000, // Longer than the load balancers in front of it keep theirs.
    connectionsCheckingInterval: 5_000,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    noDelay: true,
    highWaterMark: 64 * 1024,
  })
  server.on('connection', (socket) => socket.setMaxListeners(0)) // One for each request that waits on it.
  const answer = (request: IncomingMessage, response: ServerResponse, waits: boolean) => {
    response.once('finish', () => linger(request))
    if (!server.listening) response.shouldKeepAlive = false // It is ending.
    route(table, shared, { request, response, waits, upgrade: null })
  }
  server.on('request', (request, response) => answer(request, response, false))
  server.on('checkContinue', (request, response) => answer(request, response, true))
  server.on('checkExpectation', (request, response) => answer(request, response, false))
  server.on('upgrade', (request, socket, head) =>
    upgrade(server, table, shared, request, socket, head),
  )
  return server
}

function route(
  table: LiveTable,
  shared: Shared,
  incoming: Omit<Exchange['incoming'], 'target' | 'route'>,
): void {
  const { request, response, waits } = incoming
  response.on('error', () => {}) // Its 'close' follows.
  const target = targetOf(request)
  if (typeof target === 'string') {
    response.shouldKeepAlive = false
    answerPage(request, response, 'bad-request', target)
    return
  }
  const route = table.find(target.host, target.path)
  if (route) {
    new Exchange({ ...incoming, target, route }, shared).start()
    return
  }
  if (waits) response.shouldKeepAlive = false
  answerPage(request, response, 'no-such-app', target.authority)
}

/** An answer is out before its request is all in: the rest is read and dropped, for a while. */
function linger(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => request.socket.destroy(), lingerMs)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
  request.resume()
}

function upgrade(
  server: Server,
  table: LiveTable,
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
  socket.on('error', () => {}) // Its 'close' follows.
  const ready = noticeEnd(socket)
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.once('finish', () => (socket as Socket).destroySoon())
  route(table, shared, {
    request,
    response,
    waits: false,
    upgrade: { protocol, socket, head, ready },
  })
}

/** Nobody reads from a connection that waits for its upgrade: so that its end is noticed, until it is ready. */
function noticeEnd(socket: Duplex): () => void {
  const onReadable = () => {}
  const onEnd = () => socket.destroy()
  socket.on('readable', onReadable).on('end', onEnd)
  return () => socket.off('readable', onReadable).off('end', onEnd)
}

/**
 * A client may offer an upgrade that is not taken up. Node has stopped reading HTTP on its connection by then,
 * so the request is put back without the offer and read once more.
 */
function readAgain(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  const { rawHeaders } = request
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    if (name !== 'upgrade' && name !== 'connection' && name !== 'http2-settings')
      lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
