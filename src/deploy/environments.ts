import { NaruError } from '../base/error.ts'
import { type Place, production } from '../model/environment.ts'
import { checkedLabel, isBranch } from '../model/name.ts'
import { unfinishedBuilds } from '../store/builds.ts'
import { createEnvironment, removeEnvironment, requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { beginRemoval } from '../store/removals.ts'
import { listSettings, setSetting } from '../store/settings.ts'
import { cancelBuilds } from './build-ends.ts'
import { checkDefaultHost } from './hosts.ts'
import type { Parts } from './parts.ts'

export type NewEnvironment = {
  environment: string
  /** Null: the one that naru.yaml names, or the branch called like the environment. */
  branch: string | null
  /** The environment whose settings it begins with; null: none. Secrets are never copied. */
  from: string | null
}

/** Makes an environment with nothing in it yet. Throws `environment.exists`, `name.invalid`, `host.taken`, `host.too-long`. */
export async function addEnvironment(
  { store, clock, domain }: Parts,
  app: string,
  { environment, branch, from }: NewEnvironment,
  by: string,
): Promise<void> {
  const place = { app, environment: checkedLabel('environment', environment) }
  if (branch !== null && !isBranch(branch))
    throw new NaruError('name.invalid', { what: 'branch', name: branch })
  const at = clock.now().toISOString()
  await store.write(async (db) => {
    if (from !== null) await requireEnvironment(db, { app, environment: from })
    await createEnvironment(db, place, branch)
    await checkDefaultHost(db, place, domain)
    const settings = from === null ? {} : await listSettings(db, { app, environment: from })
    for (const [name, value] of Object.entries(settings)) await setSetting(db, place, name, value)
    const data = { by, branch, from }
    await appendEvent(db, at, { ...place, kind: 'environment.created', data })
  })
}

/**
 * Takes an environment out of the store with all that is its own; what runs of it is the caller's to end. Throws
 * `environment.production`: that one goes only with its app.
 */
export async function dropEnvironment(
  { store, clock }: Parts,
  { app, environment }: Place,
  by: string,
): Promise<void> {
  const place = { app, environment }
  const at = clock.now().toISOString()
  await store.write(async (db) => {
    await requireRemovable(db, place)
    await cancelBuilds(db, await unfinishedBuilds(db, place), { by, at })
    await beginRemoval(db, place)
    await removeEnvironment(db, place)
    await appendEvent(db, at, { ...place, kind: 'environment.destroyed', data: { by } })
  })
}

/** Throws `environment.unknown`, `environment.production`. */
export async function requireRemovable(db: Parts['store']['db'], place: Place): Promise<void> {
  await requireEnvironment(db, place)
  if (place.environment === production)
    throw new NaruError('environment.production', { app: place.app })
}
