import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** The answer that a connection is to carry next, if one is due; Node's types do not know of it. */
export const pendingOn = (socket: Duplex): ServerResponse | undefined =>
  (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined

/** So many requests may wait on one connection before no more are read from it. */
const most = 100
const waiting = new WeakMap<Duplex, number>()

/** Begins when all that were asked before on its connection are answered; never if that ends before. */
export function inTurn(
  request: IncomingMessage,
  response: ServerResponse,
  begin: () => void,
): void {
  if (response.socket !== null) {
    begin()
    return
  }
  const { socket } = request
  const count = (waiting.get(socket) ?? 0) + 1
  waiting.set(socket, count)
  if (count >= most) socket.pause()
  response.once('socket', () => {
    const left = (waiting.get(socket) ?? 1) - 1
    waiting.set(socket, left)
    if (left < most) socket.resume()
    // Node is in the middle of giving it the connection.
    process.nextTick(() => {
      if (!response.destroyed && !socket.destroyed) begin()
    })
  })
}

/** The same on a connection that Node has stopped reading HTTP on, so that nobody else would notice that its client left. */
export function whenFree(socket: Duplex, begin: () => void): void {
  if (pendingOn(socket) === undefined) {
    begin()
    return
  }
  socket.on('error', () => {}) // Its 'close' follows.
  const ready = noticeEnd(socket)
  const next = () => {
    if (socket.destroyed) return
    const pending = pendingOn(socket)
    if (pending !== undefined) {
      pending.once('close', next)
      return
    }
    ready()
    process.nextTick(() => {
      if (!socket.destroyed) begin()
    })
  }
  next()
}

/** Nobody reads from a connection that waits: so that its end is noticed, whatever came before it, until it is ready. */
export function noticeEnd(socket: Duplex): () => void {
  const look = () => {
    if (isAtEnd(socket)) socket.destroy()
  }
  socket.on('readable', look).on('end', look)
  look()
  return () => socket.off('readable', look).off('end', look)
}

/** Whether the other side has ended, even if what it sent before is not read; a stream tells only when it is. */
const isAtEnd = (socket: Duplex): boolean =>
  (socket as Duplex & { _readableState: { ended: boolean } })._readableState.ended
