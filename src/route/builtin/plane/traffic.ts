import type { RouteTraffic } from '../../router.ts'
import { Counter } from './counter.ts'
import type { LiveRoute } from './live-table.ts'

/** How many counters of what nobody asks for any more are kept. */
const keptCounters = 2_000

/** Counters by route and release, in memory, since the router started. */
export class Traffic {
  readonly #counters = new Map<string, Counter>()

  of(route: LiveRoute, release: number | null): Counter {
    const its = route.counters.get(release)
    if (its !== undefined && !its.isForgotten) return its
    const counter = this.#find(route, release)
    route.counters.set(release, counter)
    return counter
  }

  counts(): RouteTraffic[] {
    return [...this.#counters.values()].map(({ counts }) => counts)
  }

  #find(route: LiveRoute, release: number | null): Counter {
    const { host, path, app, environment, service } = route
    const key = `${host}${path} ${app} ${environment} ${service} ${release}`
    const known = this.#counters.get(key)
    if (known) return known
    if (this.#counters.size >= keptCounters) this.#forgetOldest()
    const counter = new Counter(route, release)
    this.#counters.set(key, counter)
    return counter
  }

  /** Releases come and go for ever: the oldest counter without anything in flight makes room. */
  #forgetOldest(): void {
    for (const [key, counter] of this.#counters) {
      if (counter.counts.inFlight > 0) continue
      counter.isForgotten = true
      this.#counters.delete(key)
      return
    }
  }
}
