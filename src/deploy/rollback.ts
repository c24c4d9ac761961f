import { NaruError } from '../base/error.ts'
import type { Build } from '../model/build.ts'
import { type Deployment, naruItself } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { requireEnvironment } from '../store/environments.ts'
import { lastStableBefore, requireRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'
import { overtakeBuilds } from './build-ends.ts'
import { checkHosts } from './hosts.ts'
import type { Parts } from './parts.ts'
import { queueRollout } from './releases.ts'
import { bodyOf } from './sets.ts'

/**
 * Queues a deployment of kind `rollback`, or returns the one that is under way to the same release. Only a release that
 * was stable can be gone back to. What had been pushed before a person asked is not built on: it would undo this.
 */
export async function queueRollback(
  parts: Parts,
  place: Place,
  wanted: number | undefined,
  by: string,
): Promise<{ deployment: Deployment; overtaken: Build[] }> {
  const { store, clock } = parts
  const at = clock.now().toISOString()
  return store.write(async (db) => {
    const release = await target(db, place, wanted)
    const same = await underWay(db, place, release)
    if (same === undefined) await bodyOf({ db }, release)
    // Naru itself goes back whatever comes: what serves has died.
    if (by !== naruItself) await checkHosts(db, place, release.routes, parts.domain)
    const wish = { wish: 'rollback' as const, release: release.number, by, at }
    const overtaken = by === naruItself ? [] : await overtakeBuilds(db, place, wish)
    const how = { kind: 'rollback' as const, by, at, servedMs: clock.served() }
    const deployment = same ?? (await queueRollout(db, place, release, how))
    return { deployment, overtaken }
  })
}

/** The newest wish, where it is this one already: two people may ask for the same. */
async function underWay(
  db: Db,
  place: Place,
  { number }: Release,
): Promise<Deployment | undefined> {
  const newest = (await unfinishedDeployments(db, place)).at(-1)
  const { kind, status } = newest?.rollout ?? {}
  const goesOn = status !== undefined && !['aborting', 'restoring', 'blocked'].includes(status)
  return kind === 'rollback' && newest?.release === number && goesOn ? newest : undefined
}

async function target(db: Db, place: Place, wanted: number | undefined): Promise<Release> {
  const { app, environment } = place
  const { stable } = await requireEnvironment(db, place)
  if (wanted === undefined) {
    const release = stable === null ? undefined : await lastStableBefore(db, place, stable)
    if (release === undefined) throw new NaruError('release.none', { app, environment })
    return release
  }
  const release = await requireRelease(db, place, wanted)
  if (release.stableAt === null)
    throw new NaruError('release.never-stable', { app, environment, release: wanted })
  if (release.number === stable)
    throw new NaruError('release.serving', { app, environment, release: wanted })
  return release
}
