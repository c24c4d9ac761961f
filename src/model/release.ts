import type { Place } from './environment.ts'
import type { Command, JobSpec, RouteSpec, ServiceSpec, Strategy } from './spec.ts'

/**
 * Artifact + spec + settings + secret versions + routes, frozen, numbered per app and environment.
 * A rollback makes all of it serve again.
 */
export type Release = Place & {
  number: number
  commit: string
  title: string
  build: number
  /** Digest of the artifact. */
  artifact: string
  services: Record<string, ReleaseService>
  jobs: Record<string, JobSpec>
  routes: ReleaseRoute[]
  strategy: Strategy
  settings: Record<string, string>
  /** Version of each secret that the release needs; values stay in the store, encrypted. */
  secrets: Record<string, number>
  createdAt: string
  by: string
  /** Why it was made: a push, a changed setting or secret, `naru deploy` of a build that exists, or a promotion. */
  reason: 'push' | 'settings' | 'secrets' | 'deploy' | 'promotion'
  /** The release whose artifact a promotion took. */
  promotedFrom: { environment: string; release: number } | null
  /** When it became stable for the first time; null if it never did. */
  stableAt: string | null
}

export type ReleaseService = ServiceSpec & { command: Command }
export type ReleaseRoute = Required<Pick<RouteSpec, 'host' | 'path' | 'service'>> &
  Pick<RouteSpec, 'timeouts' | 'limits'>

/** "v42": how a release's number is written for people. */
export const releaseName = (number: number): string => `v${number}`

/** Traffic reaches a routed service; any other works whether or not traffic flows. */
export const isRouted = (release: Pick<Release, 'routes'>, service: string): boolean =>
  release.routes.some((route) => route.service === service)
