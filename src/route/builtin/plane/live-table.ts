import type { Route, RouteTable } from '../../../model/route.ts'
import { routeFinder } from '../../table.ts'
import { type Bounds, boundsOf } from './bounds.ts'
import type { Counter } from './counter.ts'
import { Queue } from './queue.ts'
import type { Upstream, Upstreams } from './upstream.ts'

/** A route with its instances' connections behind it, and those who wait for them. */
export type LiveRoute = Omit<Route, 'backends' | 'timeouts' | 'limits'> & {
  backends: LiveBackend[]
  bounds: Bounds
  queue: Queue
  /** By release: those that were asked for since this table came. */
  counters: Map<number | null, Counter>
}
export type LiveBackend = { release: number; weight: number; upstreams: Upstream[] }

/** The table that requests follow right now; a swap is one assignment, after which whoever waits goes by the new one. */
export class LiveTable {
  #number = 0
  #routes: LiveRoute[] = []
  #find: (host: string, target: string) => LiveRoute | undefined = () => undefined

  constructor(private readonly upstreams: Upstreams) {}

  get number(): number {
    return this.#number
  }

  find(host: string, target: string): LiveRoute | undefined {
    return this.#find(host, target)
  }

  swap({ number, routes }: RouteTable): void {
    const before = this.#routes
    const connectMs = new Map<Upstream, number>()
    const live = routes.map((route) => this.#live(route, connectMs))
    this.#find = routeFinder(live)
    this.#number = number
    this.#routes = live
    for (const [upstream, longest] of connectMs) upstream.connectMs = longest
    this.upstreams.keepOnly(new Set(connectMs.keys()))
    for (const route of before) if (route.queue.size > 0) moveOn(route)
  }

  /** `connectMs`: the longest of all routes, by instance. */
  #live(route: Route, connectMs: Map<Upstream, number>): LiveRoute {
    const { timeouts: _, limits: __, ...others } = route
    const bounds = boundsOf(route)
    const backends = route.backends.map(({ release, weight, instances }) => {
      const upstreams = instances.map((instance) => this.upstreams.of(instance))
      for (const upstream of upstreams)
        connectMs.set(upstream, Math.max(bounds.connectMs, connectMs.get(upstream) ?? 0))
      return { release, weight, upstreams }
    })
    return { ...others, backends, bounds, queue: new Queue(), counters: new Map() }
  }
}

/** Has the queue served whenever an instance of the route has room. */
export function watchRoom({ backends, queue }: LiveRoute): void {
  for (const { upstreams } of backends) for (const { queues } of upstreams) queues.add(queue)
}

/** The opposite; for a queue that is empty. */
export function forgetRoom({ backends, queue }: LiveRoute): void {
  for (const { upstreams } of backends) for (const { queues } of upstreams) queues.delete(queue)
}

function moveOn(route: LiveRoute): void {
  forgetRoom(route)
  for (const waiting of route.queue.takeAll()) waiting.moveOn()
}
