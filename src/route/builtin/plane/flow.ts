import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { currentSocket, type InstanceSocket } from './instance-socket.ts'

/**
 * An answer that comes faster than its client takes it, or that may not be silent for long. What the client cannot take stays
 * with the app; a client that takes nothing at all for `takeMs` is cut off.
 */
export class Flow {
  /** The connection that waits until the client has taken what came. */
  #held: InstanceSocket | null = null
  #isFull = false
  #takeTimer: NodeJS.Timeout | null = null
  #idleTimer: NodeJS.Timeout | null = null

  /** `onIdle`: nothing came for `idleMs` (0: no matter how long) while the client would have taken it. */
  constructor(
    private readonly socket: Socket,
    private readonly response: ServerResponse,
    private readonly takeMs: number,
    private readonly idleMs: number,
    private readonly onIdle: () => void,
  ) {
    this.#await()
  }

  /** Something came, and was taken. */
  heard(): void {
    this.#idleTimer?.refresh()
  }

  /** What came last fills the connection; called while undici tells of it. */
  hold(): void {
    if (this.#isFull) return
    this.#isFull = true
    this.#clear()
    this.#held = currentSocket()
    this.#held?.hold()
    this.#watchTaking()
    this.response.once('drain', this.#goOn)
  }

  /** Nothing more comes; the app's connection goes on to other requests. */
  end(): void {
    this.#isFull = false
    this.#clear()
    this.response.off('drain', this.#goOn)
    const held = this.#held
    this.#held = null
    held?.release()
  }

  readonly #goOn = (): void => {
    this.end()
    this.#await()
  }

  #await(): void {
    if (this.idleMs > 0) this.#idleTimer = setTimeout(this.onIdle, this.idleMs)
  }

  #watchTaking(): void {
    let left = queuedIn(this.socket)
    const look = () => {
      const now = queuedIn(this.socket)
      if (now === left) this.response.destroy()
      else this.#takeTimer?.refresh()
      left = now
    }
    this.#takeTimer = setTimeout(look, this.takeMs)
  }

  #clear(): void {
    if (this.#takeTimer !== null) clearTimeout(this.#takeTimer)
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#takeTimer = null
    this.#idleTimer = null
  }
}

/** Bytes that the system has not taken yet; Node's types do not know of them. */
const queuedIn = (socket: Socket): number =>
  (socket as Socket & { _handle?: { writeQueueSize?: number } })._handle?.writeQueueSize ?? 0
