import type { Route, RouteTable } from '../../../model/route.ts'
import { routeFinder } from '../../table.ts'
import type { Upstream, Upstreams } from './upstream.ts'

/** A route with its instances' connections behind it. */
export type LiveRoute = Omit<Route, 'backends'> & { backends: LiveBackend[] }
export type LiveBackend = { release: number; weight: number; upstreams: Upstream[] }

/** The table that requests follow right now; a swap is one assignment. */
export class LiveTable {
  #number = 0
  #find: (host: string, target: string) => LiveRoute | undefined = () => undefined

  constructor(private readonly upstreams: Upstreams) {}

  get number(): number {
    return this.#number
  }

  find(host: string, target: string): LiveRoute | undefined {
    return this.#find(host, target)
  }

  swap({ number, routes }: RouteTable): void {
    const named = new Set<Upstream>()
    const live = routes.map((route) => this.#live(route, named))
    this.#find = routeFinder(live)
    this.#number = number
    this.upstreams.keepOnly(named)
  }

  #live(route: Route, named: Set<Upstream>): LiveRoute {
    const backends = route.backends.map(({ release, weight, instances }) => {
      const upstreams = instances.map((instance) => this.upstreams.of(instance))
      for (const upstream of upstreams) named.add(upstream)
      return { release, weight, upstreams }
    })
    return { ...route, backends }
  }
}
