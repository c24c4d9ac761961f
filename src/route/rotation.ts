import type { Place } from '../model/environment.ts'
import type { Instance } from '../model/instance.ts'
import type { ReleaseRoute } from '../model/release.ts'
import type { Backend, Route } from '../model/route.ts'

/** The routes of one environment, and the release whose instances serve them; null: none yet. */
export type PlaceRoutes = {
  place: Place
  routes: readonly ReleaseRoute[]
  serving: number | null
  page: Route['page']
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
  { place, routes, serving, page }: PlaceRoutes,
  instances: readonly Instance[],
): Route[] {
  return routes.map(({ host, path, service }) => ({
    host,
    path,
    app: place.app,
    environment: place.environment,
    service,
    backends: serving === null ? [] : [backendOf(place, service, serving, instances)],
    page,
  }))
}

function backendOf(
  { app, environment }: Place,
  service: string,
  release: number,
  instances: readonly Instance[],
): Backend {
  const here = instances.filter(
    ({ set }) =>
      set.app === app &&
      set.environment === environment &&
      set.service === service &&
      set.release === release,
  )
  const healthy = here.filter(({ health }) => health === 'healthy')
  // An app too slow for its own probes is better asked than given up: its page would fail every visitor.
  const inRotation =
    healthy.length > 0 ? healthy : here.filter(({ health }) => health === 'unhealthy')
  return {
    release,
    weight: 1,
    instances: inRotation
      .map(({ id, address }) => ({ id, host: address.host, port: address.port }))
      .sort((a, b) => compare(a.id, b.id)),
  }
}

const sortKey = ({ host, path, app, environment, service }: Route): string =>
  [host, path, app, environment, service].join(' ')

/** By code units, so that no locale changes the order. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
