import { NaruError } from '../base/error.ts'
import type { Artifact } from '../model/artifact.ts'
import { type Place, production } from '../model/environment.ts'
import type { Release, ReleaseRoute, ReleaseService } from '../model/release.ts'
import { defaultService, type RouteSpec, type Spec } from '../model/spec.ts'

export type Ingredients = {
  place: Place
  spec: Spec
  artifact: Artifact
  build: number
  commit: string
  title: string
  by: string
  reason: Release['reason']
  at: string
  promotedFrom?: Release['promotedFrom']
  /** Set with `naru settings set`: stronger than the spec's. */
  settings: Record<string, string>
  /** Newest version of every secret that is set. */
  secrets: Record<string, number>
  /** Hosts without one of their own are made under it. */
  domain: string
}

/** Everything that will serve, in one value that never changes again. Throws `secret.missing`, `build.no-start`. Jobs of the spec win over those that the files name. */
export function freeze(from: Ingredients): Omit<Release, 'number' | 'stableAt'> {
  const { place, artifact } = from
  const spec = withoutWeb(from.spec, artifact) ?? from.spec
  checkSecrets(place, spec.secrets, from.secrets)
  return {
    ...place,
    commit: from.commit,
    title: from.title,
    build: from.build,
    artifact: artifact.digest,
    services: commands(spec, artifact),
    jobs: { ...artifact.jobs, ...spec.jobs },
    strategy: spec.strategy,
    routes: spec.routes.map((route) => frozenRoute(route, place, from.domain)),
    settings: { ...spec.settings, ...from.settings },
    secrets: from.secrets,
    createdAt: from.at,
    by: from.by,
    reason: from.reason,
    promotedFrom: from.promotedFrom ?? null,
  }
}

/** Names that the spec asks for and nobody has set: `secret.missing` names all of them. */
export function checkSecrets(
  { app, environment }: Place,
  needed: readonly string[],
  set: Readonly<Record<string, number>>,
): void {
  const names = needed.filter((name) => !Object.hasOwn(set, name))
  if (names.length > 0) throw new NaruError('secret.missing', { app, environment, names })
}

/** "<app>.<domain>" in production, "<app>-<environment>.<domain>" elsewhere. */
export function defaultHost({ app, environment }: Place, domain: string): string {
  return environment === production ? `${app}.${domain}` : `${app}-${environment}.${domain}`
}

export const frozenRoute = (route: RouteSpec, place: Place, domain: string): ReleaseRoute => ({
  host: route.host ?? defaultHost(place, domain),
  path: route.path,
  service: route.service,
  ...(route.timeouts !== undefined && { timeouts: route.timeouts }),
  ...(route.limits !== undefined && { limits: route.limits }),
})

function commands(spec: Spec, artifact: Artifact): Record<string, ReleaseService> {
  const services = spec.servicesNamed ? spec.services : { ...found(artifact), ...spec.services }
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const command = service.command ?? artifact.services[name]
      if (command === undefined) throw new NaruError('build.no-start', { found: name })
      return [name, { ...service, command }]
    }),
  )
}

/**
 * The spec of an app of workers alone: where no file names `web` but others, it was never meant, nor was the route that
 * every app gets of itself. Undefined where somebody wrote one of the two down.
 */
function withoutWeb(spec: Spec, { services }: Artifact): Spec | undefined {
  const { web, ...others } = spec.services
  const isFound = Object.keys(services).length > 0 && !Object.hasOwn(services, 'web')
  const isAssumed = !spec.servicesNamed && web?.command === undefined
  const hasOwnRoute = spec.routes.some(
    ({ host, path, timeouts, limits }) => host !== undefined || path !== '/' || timeouts || limits,
  )
  return isFound && isAssumed && !hasOwnRoute
    ? { ...spec, services: others, routes: [] }
    : undefined
}

/** The services that the files name, as the worker of a Procfile. */
const found = ({ services }: Artifact): Spec['services'] =>
  Object.fromEntries(Object.keys(services).map((name) => [name, defaultService]))
