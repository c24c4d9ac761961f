import type { Route } from '../../../model/route.ts'
import { latencyBoundsMs, type RouteTraffic } from '../../router.ts'

/** What tells the counts of one route from those of another. */
export type Counted = Pick<Route, 'host' | 'path' | 'app' | 'environment' | 'service'>

/** Counts of one route and release. */
export class Counter {
  readonly counts: RouteTraffic
  /** It made room for another one, and is asked for no more. */
  isForgotten = false

  constructor(route: Counted, release: number | null) {
    const { host, path, app, environment, service } = route
    this.counts = {
      ...{ host, path, app, environment, service, release },
      requests: 0,
      outcomes: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, failed: 0 },
      latencies: new Array(latencyBoundsMs.length + 1).fill(0),
      inFlight: 0,
      queue: { waiting: 0, waited: 0, turnedAway: 0 },
    }
  }

  begin(): void {
    this.counts.requests += 1
    this.counts.inFlight += 1
  }

  /** The request goes to another release: here it never was. */
  takeBack(): void {
    this.counts.requests -= 1
    this.counts.inFlight -= 1
  }

  answered(status: number, ms: number): void {
    const digit = Math.min(5, Math.max(1, Math.floor(status / 100)))
    this.counts.outcomes[`${digit}xx` as '5xx'] += 1
    const slot = latencyBoundsMs.findIndex((bound) => ms <= bound)
    const at = slot < 0 ? latencyBoundsMs.length : slot
    this.counts.latencies[at] = (this.counts.latencies[at] ?? 0) + 1
  }

  failed(): void {
    this.counts.outcomes.failed += 1
  }

  done(): void {
    this.counts.inFlight -= 1
  }
}
