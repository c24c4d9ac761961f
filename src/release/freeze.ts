import { NaruError } from '../base/error.ts'
import type { Artifact } from '../model/artifact.ts'
import { type Place, production } from '../model/environment.ts'
import type { Release, ReleaseRoute, ReleaseService } from '../model/release.ts'
import type { RouteSpec, Spec } from '../model/spec.ts'

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
  /** Set with `naru settings set`: stronger than the spec's. */
  settings: Record<string, string>
  /** Newest version of every secret that is set. */
  secrets: Record<string, number>
  /** Hosts without one of their own are made under it. */
  domain: string
}

/** Everything that will serve, in one value that never changes again. Throws `secret.missing`, `build.no-start`. */
export function freeze(from: Ingredients): Omit<Release, 'number' | 'stableAt'> {
  const { place, spec, artifact } = from
  checkSecrets(place.app, spec.secrets, from.secrets)
  return {
    ...place,
    commit: from.commit,
    title: from.title,
    build: from.build,
    artifact: artifact.digest,
    services: commands(spec, artifact),
    routes: spec.routes.map((route) => frozenRoute(route, place, from.domain)),
    settings: { ...spec.settings, ...from.settings },
    secrets: from.secrets,
    createdAt: from.at,
    by: from.by,
    reason: from.reason,
  }
}

/** Names that the spec asks for and nobody has set: `secret.missing` names all of them. */
export function checkSecrets(app: string, needed: string[], set: Record<string, number>): void {
  const names = needed.filter((name) => !(name in set))
  if (names.length > 0) throw new NaruError('secret.missing', { app, names })
}

/** "<app>.<domain>" in production, "<app>-<environment>.<domain>" elsewhere. */
export function defaultHost({ app, environment }: Place, domain: string): string {
  return environment === production ? `${app}.${domain}` : `${app}-${environment}.${domain}`
}

export const frozenRoute = (route: RouteSpec, place: Place, domain: string): ReleaseRoute => ({
  host: route.host ?? defaultHost(place, domain),
  path: route.path,
  service: route.service,
})

function commands(spec: Spec, artifact: Artifact): Record<string, ReleaseService> {
  return Object.fromEntries(
    Object.entries(spec.services).map(([name, service]) => {
      const command = service.command ?? artifact.start
      if (command === null) throw new NaruError('build.no-start', { found: name })
      return [name, { ...service, command }]
    }),
  )
}
