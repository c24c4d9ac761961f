import type { Deployment } from '../model/deployment.ts'
import { releaseName } from '../model/release.ts'
import { unfinishedBuilds } from '../store/builds.ts'
import type { Db } from '../store/store.ts'

/**
 * What was wished after this deployment and wants its environment, in words; undefined when nothing was.
 * `unfinished` are the environment's deployments that are not over.
 */
export async function newerThan(
  db: Db,
  deployment: Deployment,
  unfinished: Deployment[],
): Promise<string | undefined> {
  const { kind, status } = deployment.rollout
  const newer = unfinished.find(({ number }) => number > deployment.number)
  if (newer !== undefined) return releaseName(newer.release)
  // Users wait for a rollback, and what is blocked may be all that serves: neither waits for a build.
  if (kind === 'rollback' || status === 'blocked') return undefined
  const build = (await unfinishedBuilds(db, deployment)).filter(({ deploys }) => deploys).at(-1)
  return build && `build ${build.number}`
}
