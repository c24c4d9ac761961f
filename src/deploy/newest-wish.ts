import { type Deployment, naruItself } from '../model/deployment.ts'
import { releaseName } from '../model/release.ts'
import { findBuild, unfinishedBuilds } from '../store/builds.ts'
import { listDeployments } from '../store/deployments.ts'
import { findRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'

/** How far back a rollback is looked for: more are not asked for while one commit is being built. */
const lookBack = 50

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
  const rollback = await rollbackSincePush(db, deployment)
  if (rollback !== undefined) return `the rollback to ${releaseName(rollback.release)}`
  for (const newer of unfinished.filter(({ number }) => number > deployment.number))
    if ((await rollbackSincePush(db, newer)) === undefined) return releaseName(newer.release)
  // Users wait for a rollback, and what is blocked may be all that serves: neither waits for a build.
  if (kind === 'rollback' || status === 'blocked') return undefined
  const build = (await unfinishedBuilds(db, deployment)).at(-1)
  return build && `build ${build.number}`
}

/** A person's rollback is not undone by what had been pushed before and was built meanwhile. */
async function rollbackSincePush(db: Db, deployment: Deployment): Promise<Deployment | undefined> {
  if (deployment.rollout.kind === 'rollback' || deployment.rollout.status !== 'queued') return
  const release = await findRelease(db, deployment, deployment.release)
  const build = release && (await findBuild(db, release.app, release.build))
  if (build?.deployment !== deployment.number) return undefined
  const recent = await listDeployments(db, deployment, lookBack)
  return recent.find(
    ({ number, rollout, by, queuedAt }) =>
      number < deployment.number &&
      rollout.kind === 'rollback' &&
      by !== naruItself &&
      queuedAt >= build.queuedAt,
  )
}
