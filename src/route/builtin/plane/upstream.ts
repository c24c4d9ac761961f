import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Backend } from '../../../model/route.ts'
import { Connections } from './connections.ts'
import { connectInstance } from './instance-socket.ts'
import type { Queue } from './queue.ts'

type Address = Backend['instances'][number]

/** An instance that could not be reached gets no requests for this long, unless it is the only one. */
const ejectedMs = 3_000
/**
 * An app that says how long it keeps idle connections gets requests on them until 2 s before; one that does not say, as many do
 * that keep them for 2 to 5 s, for this long. A request must not meet a connection that is being closed.
 */
const keepUnsaidMs = 1_000

/** One instance at one address: its connections, and how much is in flight to it. */
export class Upstream {
  inFlight = 0
  /** Set by the table: an instance that left it is closed once nothing is in flight. */
  inTable = true
  /** The longest that a connection may take, of the routes that lead here. */
  connectMs = 3_000
  /** Those of routes whose requests wait for this one too. */
  readonly queues = new Set<Queue>()
  #ejectedUntil = 0
  /** Counts what makes an older drain void. */
  #drains = 0
  #connections: Connections | null = null
  readonly #tunnels = new Set<Duplex>()
  readonly #idle = new Set<() => void>()

  constructor(readonly address: Address) {}

  /** Counts a request; every call is answered by one of `done`. */
  begin(): void {
    this.inFlight += 1
  }

  done(): void {
    this.inFlight -= 1
    if (this.queues.size > 0) this.#serveQueues()
    if (this.inFlight > 0) return
    for (const callback of this.#idle) callback()
    this.#idle.clear()
    if (!this.inTable) this.close()
  }

  dispatch(options: Dispatcher.DispatchOptions, events: Dispatcher.DispatchHandler): void {
    this.#connections ??= this.#open()
    this.#connections.dispatch(options, events)
  }

  /** The same on a connection of its own, which nobody can have begun to close. */
  dispatchAfresh(options: Dispatcher.DispatchOptions, events: Dispatcher.DispatchHandler): void {
    this.#connections ??= this.#open()
    this.#connections.dispatchAfresh(options, events)
  }

  /** Requests that it works on; who is upgraded waits for no answer. */
  get busy(): number {
    return this.inFlight - this.#tunnels.size
  }

  /** Upgraded connections: they are cut only at the end of a drain. */
  hold(tunnel: Duplex): void {
    this.#tunnels.add(tunnel)
    tunnel.once('close', () => this.#tunnels.delete(tunnel))
    if (this.queues.size > 0) this.#serveQueues()
  }

  cutTunnels(): void {
    for (const tunnel of this.#tunnels) tunnel.destroy()
  }

  /** Tells from then on whether no later drain has begun, and no table has named it again. */
  beginDrain(): () => boolean {
    this.#drains += 1
    const mine = this.#drains
    return () => this.#drains === mine
  }

  comeBack(): void {
    this.#drains += 1
    this.inTable = true
  }

  /** Calls back once, when nothing is in flight any more. */
  onceIdle(callback: () => void): void {
    this.#idle.add(callback)
  }

  isEjected(nowMs: number): boolean {
    return this.#ejectedUntil > nowMs
  }

  eject(nowMs: number): void {
    this.#ejectedUntil = nowMs + ejectedMs
  }

  reached(): void {
    this.#ejectedUntil = 0
  }

  /** Lets go of idle connections; the next request opens new ones. */
  close(): void {
    this.#connections?.close()
    this.#connections = null
  }

  #serveQueues(): void {
    for (const queue of this.queues) queue.serve()
  }

  #open(): Connections {
    const { host, port } = this.address
    const name = host.includes(':') ? `[${host}]` : host
    return new Connections(`http://${name}:${port}`, {
      connect: (options, callback) => connectInstance(options, callback, this.connectMs),
      keepAliveTimeout: keepUnsaidMs,
      bodyTimeout: 0,
      maxHeaderSize: 64 * 1024,
    })
  }
}

/** All instances that the table names, or that still have something in flight. */
export class Upstreams {
  readonly #all = new Map<string, Upstream>()

  /** The one of this id and address: an instance that came back on another port is another one. */
  of(address: Address): Upstream {
    const key = `${address.id} ${address.host} ${address.port}`
    const upstream = this.#all.get(key) ?? new Upstream(address)
    this.#all.set(key, upstream)
    return upstream
  }

  /** After a swap: the rest is closed as soon as nothing is in flight to it. */
  keepOnly(inTable: ReadonlySet<Upstream>): void {
    for (const [key, upstream] of this.#all) {
      if (inTable.has(upstream)) {
        if (!upstream.inTable) upstream.comeBack()
        continue
      }
      upstream.inTable = false
      if (upstream.inFlight > 0) continue // It closes itself when idle; the next swap forgets it.
      upstream.close()
      this.#all.delete(key)
    }
  }

  /** Every address at which an instance is or was reached. */
  withId(id: string): Upstream[] {
    return [...this.#all.values()].filter(({ address }) => address.id === id)
  }

  get inFlight(): number {
    let sum = 0
    for (const { inFlight } of this.#all.values()) sum += inFlight
    return sum
  }

  cutTunnels(): void {
    for (const upstream of this.#all.values()) upstream.cutTunnels()
  }
}
