import type { Deployment } from '../model/deployment.ts'
import type { Environment, Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { isOver, type Rollout } from '../model/rollout.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { findEnvironment } from '../store/environments.ts'
import { findRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'

/** The release that a rollout sends the environment's traffic to. */
export function servedBy(rollout: Rollout): number | null {
  if (rollout.status === 'succeeded' || rollout.traffic === 'candidate')
    return rollout.candidate.release
  return rollout.stable?.release ?? null
}

/** The deployment that has the environment now: begun and not over. */
export const runningIn = (deployments: Deployment[]): Deployment | undefined =>
  deployments.find(({ rollout }) => rollout.status !== 'queued' && !isOver(rollout.status))

/** Where an environment's traffic belongs: to the running deployment's choice, else to the stable release. */
export async function servingIn(
  db: Db,
  environment: Environment,
): Promise<{ release: Release | null; deploying: boolean }> {
  const running = runningIn(await unfinishedDeployments(db, environment))
  const number = running === undefined ? environment.stable : servedBy(running.rollout)
  const release = number === null ? undefined : await findRelease(db, environment, number)
  return { release: release ?? null, deploying: running !== undefined }
}

/** Number of the release that users of the place reach now; null before the first. */
export async function servingNow(db: Db, place: Place): Promise<number | null> {
  const environment = await findEnvironment(db, place)
  return environment === undefined
    ? null
    : ((await servingIn(db, environment)).release?.number ?? null)
}
