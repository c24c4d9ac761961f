import { Socket, type SocketConstructorOpts } from 'node:net'
import type { buildConnector } from 'undici'

/** The socket whose bytes are being parsed: parsing follows the read at once, and nothing comes between them. */
let parsing: InstanceSocket | null = null

/**
 * A connection to an instance that can be told to hand out nothing for now, so that what a slow client cannot take
 * stays with the app. Pausing undici's parser would do the same, but in undici 7 an app that closes its connection
 * while the parser is paused ends the process (nodejs/undici#5360, fixed in 8, which needs a newer Node.js).
 */
export class InstanceSocket extends Socket {
  #held = false

  override read(size?: number): unknown {
    if (this.#held && size !== 0) return null
    const chunk: unknown = super.read(size)
    if (chunk !== null) parsing = this
    return chunk
  }

  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    if (!this.destroyed) this.emit('readable')
  }
}

/** Only while undici tells of an answer: the connection that it comes from. */
export const currentSocket = (): InstanceSocket | null => parsing

/** Node's types do not know that a socket takes the options of its stream. */
const roomy: SocketConstructorOpts & { highWaterMark: number } = { highWaterMark: 64 * 1024 }

/** How undici's clients connect to an instance. */
export function connectInstance(
  { hostname, port }: buildConnector.Options,
  callback: buildConnector.Callback,
  withinMs: number,
): void {
  const socket = new InstanceSocket(roomy)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 60_000)
  let answer: buildConnector.Callback | null = callback
  const settle = (...outcome: Parameters<buildConnector.Callback>) => {
    clearTimeout(timer)
    const settled = answer
    answer = null
    settled?.(...outcome)
  }
  const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), withinMs)
  socket.once('connect', () => settle(null, socket))
  socket.on('error', (error) => settle(error, null))
  socket.connect({ host: hostname, port: Number(port) || 80 })
}
