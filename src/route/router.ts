import type { InstanceId } from '../model/instance.ts'
import type { Route, RouteTable } from '../model/route.ts'

/**
 * The data plane that serves the route table: a process of its own that outlives the server.
 * `test/route/contract.ts` says what every implementation must do.
 */
export interface Router {
  /**
   * Swaps the whole table at once and returns when new requests follow it. A route that does not validate is
   * refused alone: the route of the same host and path that is being served stays. A table whose number is
   * below the served one is refused with `table.invalid`.
   */
  apply(table: RouteTable): Promise<Applied>
  /** Number of the table that is being served; 0 before the first. */
  served(): Promise<number>
  /** Counts and latencies per route and release since the router started. */
  traffic(): Promise<RouteTraffic[]>
  /** Resolves when the instance, already out of the table, has no request in flight, or after `graceSeconds`. */
  drain(instance: InstanceId, graceSeconds: number): Promise<Drained>
  /** Calls back when a router that was gone serves again, with the table it had on disk. */
  watch(listener: () => void): () => void
}

/** Whose route it is, as far as it says so: what it does not say is "". */
export type RefusedRoute = Pick<Route, 'host' | 'path' | 'app' | 'environment'>

export type Applied = {
  number: number
  refused: { route: RefusedRoute; reason: string }[]
}
export type Drained = { leftInFlight: number }

export type RouteTraffic = {
  host: string
  path: string
  app: string
  environment: string
  service: string
  /** Null: answered by the router itself. */
  release: number | null
  requests: number
  /** By first digit of the status; `failed` are those that never got a whole answer. */
  outcomes: {
    '1xx': number
    '2xx': number
    '3xx': number
    '4xx': number
    '5xx': number
    failed: number
  }
  /** Requests answered within each of `latencyBoundsMs`, not cumulative; the last is everything slower. */
  latencies: number[]
  inFlight: number
  /** Of the row without a release: requests that wait for room, that did, and that were turned away for want of it. */
  queue: { waiting: number; waited: number; turnedAway: number }
}

export const latencyBoundsMs: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
]
