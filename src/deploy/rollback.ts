import { NaruError } from '../base/error.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { requireEnvironment } from '../store/environments.ts'
import { lastStableBefore, requireRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'
import type { Parts } from './parts.ts'
import { queueRollout } from './releases.ts'
import { folderOf } from './sets.ts'

/** Queues a deployment of kind `rollback`. Only a release that was stable can be gone back to. */
export async function queueRollback(
  parts: Parts,
  place: Place,
  wanted: number | undefined,
  by: string,
): Promise<Deployment> {
  const { store, clock } = parts
  const release = await target(store.db, place, wanted)
  await folderOf(store, release)
  const at = clock.now().toISOString()
  return store.write((db) =>
    queueRollout(db, place, release, { kind: 'rollback', by, at, servedMs: clock.served() }),
  )
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
    throw new NaruError('release.never-stable', { app, release: wanted })
  if (release.number === stable) throw new NaruError('release.serving', { app, release: wanted })
  return release
}
