import { type Place, placeKey } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { placesOfBuilds, trimBuilds } from '../store/builds.ts'
import { listDeployments, trimDeployments, unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments } from '../store/environments.ts'
import { trimJobRuns } from '../store/jobs.ts'
import { listReleases, trimReleases } from '../store/releases.ts'
import type { Db } from '../store/store.ts'

/** How many of the newest of each environment are told of. */
export type KeptRecords = { builds: number; deployments: number; releases: number; jobRuns: number }

export const keptRecords: KeptRecords = {
  builds: 1000,
  deployments: 1000,
  releases: 200,
  jobRuns: 1000,
}

/**
 * Forgets what is too old to be told of. `needed` are releases that serve, or may be gone back to; they stay however
 * old they are, as do those of the newest deployments, so that no number is ever given twice.
 */
export async function trimRecords(
  db: Db,
  needed: readonly Release[],
  kept: KeptRecords = keptRecords,
): Promise<void> {
  for (const place of await listEnvironments(db)) {
    const ofPlace = needed.filter((release) => placeKey(release) === placeKey(place))
    const others = await newestNumbers(db, place, kept.releases)
    const numbers = new Set([...ofPlace.map(({ number }) => number), ...others])
    for (const pointed of [place.stable, place.warm?.release])
      if (typeof pointed === 'number') numbers.add(pointed)
    await trimReleases(db, place, numbers)
    await trimDeployments(db, place, kept.deployments)
    await trimJobRuns(db, place, kept.jobRuns)
  }
  for (const place of await placesOfBuilds(db)) await trimBuilds(db, place, kept.builds)
}

async function newestNumbers(db: Db, place: Place, count: number): Promise<number[]> {
  const releases = await listReleases(db, place, count)
  const deployments = [
    ...(await listDeployments(db, place, count)),
    ...(await unfinishedDeployments(db, place)),
  ]
  return [...releases.map(({ number }) => number), ...deployments.map(({ release }) => release)]
}
