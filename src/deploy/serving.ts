import type { Deployment } from '../model/deployment.ts'
import type { Environment, Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { isOver, type Rollout } from '../model/rollout.ts'
import { lastBegun, unfinishedDeployments } from '../store/deployments.ts'
import { findEnvironment, requireEnvironment } from '../store/environments.ts'
import { findRelease, requireRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'

/** The release that a rollout sends the environment's traffic to; while both get some, the one that it replaces. */
export function servedBy(rollout: Rollout): number | null {
  if (rollout.status === 'succeeded' || rollout.traffic === 'candidate')
    return rollout.candidate.release
  return rollout.stable?.release ?? null
}

/** The deployment that has the environment now: begun and not over. */
export const runningIn = (deployments: Deployment[]): Deployment | undefined =>
  deployments.find(({ rollout }) => rollout.status !== 'queued' && !isOver(rollout.status))

/** What answers in an environment. */
export type ServingIn = {
  release: Release | null
  /** Answers as well while it replaces the other instance by instance; `most`: so many of each service. */
  beside: { release: Release; most: Record<string, number> } | null
  deploying: boolean
}

/** Where an environment's traffic belongs: to the running deployment's choice, else where the last one left it. */
export async function servingIn(db: Db, environment: Environment): Promise<ServingIn> {
  const running = runningIn(await unfinishedDeployments(db, environment))
  const number = running === undefined ? await leftIn(db, environment) : servedBy(running.rollout)
  const release = number === null ? undefined : await findRelease(db, environment, number)
  const beside = running === undefined ? null : await besideIn(db, environment, running.rollout)
  return { release: release ?? null, beside, deploying: running !== undefined }
}

/**
 * The release that has the traffic while nothing is deployed: the stable one, unless a blocked deployment that was
 * superseded has left it with the other, which then was the healthier.
 */
export async function leftIn(db: Db, environment: Environment): Promise<number | null> {
  const last = await lastBegun(db, environment)
  if (last === undefined || last.rollout.status === 'succeeded') return environment.stable
  return servedBy(last.rollout) ?? environment.stable
}

async function besideIn(
  db: Db,
  place: Place,
  { traffic, rolling, candidate }: Rollout,
): Promise<ServingIn['beside']> {
  if (traffic !== 'both') return null
  const release = await requireRelease(db, place, candidate.release)
  return { release, most: rolling?.admitted ?? {} }
}

/** What serves soon, else what is stable; null before the first. What is being taken back is not coming. */
export async function newestRelease(db: Db, place: Place): Promise<Release | null> {
  const coming = (await unfinishedDeployments(db, place)).filter(
    ({ rollout }) => !['aborting', 'restoring', 'blocked'].includes(rollout.status),
  )
  const number = coming.at(-1)?.release ?? (await requireEnvironment(db, place)).stable
  return number === null ? null : requireRelease(db, place, number)
}

/** Number of the release that users of the place reach now; null before the first. */
export async function servingNow(db: Db, place: Place): Promise<number | null> {
  const environment = await findEnvironment(db, place)
  return environment === undefined
    ? null
    : ((await servingIn(db, environment)).release?.number ?? null)
}
