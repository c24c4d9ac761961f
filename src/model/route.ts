import type { InstanceId } from './instance.ts'
import type { RouteLimits, RouteTimeouts } from './route-bounds.ts'

/** Host and path that lead to a service, and the instances in rotation behind them. */
export type Route = {
  /** Lower case, without a port: "shop.example.com". */
  host: string
  /** Starts with a slash; the longest one that the request's path begins with (by segments) wins. */
  path: string
  app: string
  environment: string
  service: string
  /** Whose instances serve, by release, with their share of the traffic. Weights are proportions of their sum. */
  backends: Backend[]
  /** What a visitor sees while no backend has an instance: nothing has served yet, or all are down. */
  page: 'starting' | 'down'
  /** Not there: `defaultTimeouts`, as in a table of an older Naru. */
  timeouts?: RouteTimeouts
  /** Not there: `defaultLimits`. */
  limits?: RouteLimits
}

export type Backend = {
  release: number
  weight: number
  instances: { id: InstanceId; host: string; port: number }[]
}

/** All routes, numbered. The same content keeps its number. */
export type RouteTable = { number: number; routes: Route[] }
