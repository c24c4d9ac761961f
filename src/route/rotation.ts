import type { Place } from '../model/environment.ts'
import type { Instance } from '../model/instance.ts'
import type { ReleaseRoute } from '../model/release.ts'
import type { Backend, Route } from '../model/route.ts'

/** The routes of one environment, and the release whose instances serve them; null: none yet. */
export type PlaceRoutes = {
  place: Place
  routes: readonly ReleaseRoute[]
  serving: number | null
  /** A release that replaces it instance by instance, and answers as well. */
  beside?: Beside | null
  page: Route['page']
}

/** At most so many instances of each service, the oldest, are in rotation. */
export type Beside = {
  release: number
  routes: readonly ReleaseRoute[]
  most: Readonly<Record<string, number>>
}

/**
 * The routes of all environments with their instances in rotation: the healthy ones of the serving release, or, where
 * none is, those that run and were healthy before.
 * The same input in any order gives the same list.
 */
export function buildRoutes(
  places: readonly PlaceRoutes[],
  instances: readonly Instance[],
): Route[] {
  return places
    .flatMap((place) => routesOf(place, instances))
    .sort((a, b) => compare(sortKey(a), sortKey(b)))
}

function routesOf(
  { place, routes, serving, beside, page }: PlaceRoutes,
  instances: readonly Instance[],
): Route[] {
  const here = instances.filter(
    ({ set }) => set.app === place.app && set.environment === place.environment,
  )
  const addresses = [...routes, ...(beside?.routes ?? []).filter((its) => !find(routes, its))]
  return addresses.map((address) => {
    const old = find(routes, address)
    const its = find(beside?.routes ?? [], address)
    const sets = [
      ...(old && serving !== null ? [setOf(here, serving, old.service)] : []),
      ...(its && beside ? [setOf(here, beside.release, its.service, beside.most)] : []),
    ]
    const { timeouts, limits } = address
    return {
      host: address.host,
      path: address.path,
      app: place.app,
      environment: place.environment,
      service: address.service,
      backends: backendsOf(sets),
      page,
      ...(timeouts !== undefined && { timeouts }),
      ...(limits !== undefined && { limits }),
    }
  })
}

type RoutedSet = { release: number; instances: Instance[] }

function setOf(
  here: readonly Instance[],
  release: number,
  service: string,
  most: Beside['most'] | null = null,
): RoutedSet {
  const instances = here.filter(({ set }) => set.service === service && set.release === release)
  if (most === null) return { release, instances }
  const healthy = instances.filter(isHealthy).sort(byAge)
  return { release, instances: healthy.slice(0, most[service] ?? 0) }
}

/** Every instance gets the same share, whichever release it is of. */
function backendsOf(sets: RoutedSet[]): Backend[] {
  const isAnyHealthy = sets.some(({ instances }) => instances.some(isHealthy))
  return sets.map(({ release, instances }) => {
    // An app too slow for its own probes is better asked than given up: its page would fail every visitor.
    const inRotation = instances.filter(({ health }) =>
      isAnyHealthy ? health === 'healthy' : health === 'unhealthy',
    )
    return {
      release,
      weight: sets.length === 1 ? 1 : inRotation.length,
      instances: inRotation
        .map(({ id, address }) => ({ id, host: address.host, port: address.port }))
        .sort((a, b) => compare(a.id, b.id)),
    }
  })
}

const isHealthy = ({ health }: Instance): boolean => health === 'healthy'

const find = (routes: readonly ReleaseRoute[], { host, path }: ReleaseRoute) =>
  routes.find((route) => route.host === host && route.path === path)

/** Oldest first. */
const byAge = (a: Instance, b: Instance): number =>
  compare(a.startedAt, b.startedAt) || compare(a.id, b.id)

const sortKey = ({ host, path, app, environment, service }: Route): string =>
  [host, path, app, environment, service].join(' ')

/** By code units, so that no locale changes the order. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
