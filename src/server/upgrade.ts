import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Where WebSockets are offered to the API. A server that listens for upgrades is handed every connection that offers any
 * other one, as clients of HTTP/2 do with each first request: those are given back, to be answered as if nothing had been
 * offered.
 */
export function webSocketsOf(server: Server): Server {
  const offered = createServer() // Never listens: it only passes on what was offered here.
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      offered.emit('upgrade', request, socket, head)
      return
    }
    socket.unshift(Buffer.concat([Buffer.from(withoutOffer(request), 'latin1'), head]))
    server.emit('connection', socket)
  })
  return offered
}

const ofOffer: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings'])

/** The request's head as it came, but for the offer. */
function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!ofOffer.has(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}
