import { latencyBoundsMs, type RouteTraffic } from '../../router.ts'
import type { LiveRoute } from './live-table.ts'

/** How many counters of what nobody asks for any more are kept. */
const keptCounters = 2_000

/** Counts of one route and release. */
export class Counter {
  readonly counts: RouteTraffic

  constructor(route: LiveRoute, release: number | null) {
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

/** Counters by route and release, in memory, since the router started. */
export class Traffic {
  readonly #counters = new Map<string, Counter>()

  of(route: LiveRoute, release: number | null): Counter {
    const { host, path, app, environment, service } = route
    const key = `${host}${path} ${app} ${environment} ${service} ${release}`
    const known = this.#counters.get(key)
    if (known) return known
    if (this.#counters.size >= keptCounters) this.#forgetOldest()
    const counter = new Counter(route, release)
    this.#counters.set(key, counter)
    return counter
  }

  counts(): RouteTraffic[] {
    return [...this.#counters.values()].map(({ counts }) => counts)
  }

  /** Releases come and go for ever: the oldest counter without anything in flight makes room. */
  #forgetOldest(): void {
    for (const [key, { counts }] of this.#counters) {
      if (counts.inFlight > 0) continue
      this.#counters.delete(key)
      return
    }
  }
}
