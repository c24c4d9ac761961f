import { NaruError } from '../base/error.ts'
import { type Environment, type Place, placeKey } from '../model/environment.ts'
import type { ReleaseRoute } from '../model/release.ts'
import { defaultSpec } from '../model/spec.ts'
import { defaultHost } from '../release/freeze.ts'
import { claimedByBuilds } from '../store/builds.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments } from '../store/environments.ts'
import { findRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'
import { routesOf } from './spec-of.ts'

/** Characters in one part of a host name, between two dots. */
const labelLimit = 63

/**
 * The second claim on a host and path is refused: `host.taken` names who has it, or is about to have it. Inside the
 * transaction that makes the claim, so that of two at the same time one is the second.
 */
export async function checkHosts(
  db: Db,
  place: Place,
  wanted: readonly ReleaseRoute[],
  domain: string,
): Promise<void> {
  const building = await claimedByBuilds(db)
  for (const environment of await listEnvironments(db)) {
    if (placeKey(environment) === placeKey(place)) continue
    const builds = building.filter((build) => placeKey(build) === placeKey(environment))
    const claimed = [
      ...(await claimedByReleases(db, environment, domain)),
      ...builds.flatMap(({ routes }) => routes),
    ]
    const taken = claimed.find((route) => wanted.some((want) => isSame(want, route)))
    if (taken === undefined) continue
    const { app, environment: name } = environment
    throw new NaruError('host.taken', { host: taken.host, app, environment: name })
  }
}

/** The host that an environment gets of itself must be one, and nobody else's: `host.too-long`, `host.taken`. */
export async function checkDefaultHost(db: Db, place: Place, domain: string): Promise<void> {
  const host = defaultHost(place, domain)
  if ((host.split('.', 1)[0] ?? '').length > labelLimit)
    throw new NaruError('host.too-long', { host, limit: labelLimit })
  await checkHosts(db, place, defaultRoutes(place, domain), domain)
}

/** What has an address before it has a release. */
export const defaultRoutes = (place: Place, domain: string): ReleaseRoute[] =>
  routesOf(defaultSpec, place, domain)

/** Of releases that serve or are about to; where there are none, the address that tells visitors to wait. */
async function claimedByReleases(
  db: Db,
  environment: Environment,
  domain: string,
): Promise<readonly ReleaseRoute[]> {
  const coming = (await unfinishedDeployments(db, environment)).map(({ release }) => release)
  const numbers = [...(environment.stable === null ? [] : [environment.stable]), ...coming]
  if (numbers.length === 0) return defaultRoutes(environment, domain)
  const releases = await Promise.all(numbers.map((number) => findRelease(db, environment, number)))
  return releases.flatMap((release) => release?.routes ?? [])
}

const isSame = (one: ReleaseRoute, other: ReleaseRoute): boolean =>
  one.host === other.host && one.path === other.path
