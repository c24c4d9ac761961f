import { type Deployment, naruItself } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { freeze, type Ingredients } from '../release/freeze.ts'
import { newRollout } from '../rollout/rollout.ts'
import { queueDeployment } from '../store/deployments.ts'
import { appendEvent } from '../store/events.ts'
import { createRelease } from '../store/releases.ts'
import { listScales } from '../store/scales.ts'
import { listSecrets } from '../store/secrets.ts'
import { listSettings } from '../store/settings.ts'
import type { Db } from '../store/store.ts'
import { rolloutPlan } from './plan.ts'

/** Freezes a release with the settings and secrets of now, and queues its deployment. Inside the caller's transaction. */
export async function makeRelease(
  db: Db,
  wish: Omit<Ingredients, 'settings' | 'secrets'>,
  servedMs: number,
): Promise<Deployment> {
  const { place, at, by } = wish
  const settings = await listSettings(db, place)
  const secrets = Object.fromEntries(
    (await listSecrets(db, place)).map(({ name, version }) => [name, version]),
  )
  const release = await createRelease(db, freeze({ ...wish, settings, secrets }))
  const { number, build, commit, reason } = release
  const data = { release: number, build, commit, reason }
  await appendEvent(db, at, { ...place, kind: 'release.created', data })
  return queueRollout(db, place, release, { kind: 'release', by, at, servedMs })
}

/** Queues a deployment of a release that exists. Inside the caller's transaction. */
export async function queueRollout(
  db: Db,
  place: Place,
  release: Release,
  {
    kind,
    by,
    at,
    servedMs,
  }: { kind: Deployment['rollout']['kind']; by: string; at: string; servedMs: number },
): Promise<Deployment> {
  const deployment = await queueDeployment(db, {
    app: place.app,
    environment: place.environment,
    release: release.number,
    from: null,
    rollout: newRollout(kind, rolloutPlan(release, await listScales(db, place)), servedMs),
    by,
    queuedAt: at,
    startedAt: null,
    liveAt: null,
    endedAt: null,
  })
  const data = { deployment: deployment.number, release: release.number, kind, by }
  await appendEvent(db, at, {
    app: place.app,
    environment: place.environment,
    kind: 'deployment.queued',
    data,
  })
  return deployment
}

/** Whether Naru asked for it by itself. */
export const isByNaru = (deployment: Deployment): boolean => deployment.by === naruItself
