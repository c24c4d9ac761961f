import { NaruError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import type { Spec } from '../model/spec.ts'
import { findArtifact } from '../store/artifacts.ts'
import { appendEvent } from '../store/events.ts'
import { setSecret, unsetSecret } from '../store/secrets.ts'
import { setSetting, unsetSetting } from '../store/settings.ts'
import type { Db } from '../store/store.ts'
import type { Change } from './conductor.ts'
import type { Parts } from './parts.ts'
import { makeRelease } from './releases.ts'
import { newestRelease } from './serving.ts'
import { specOf } from './spec-of.ts'

/** Changes settings and, unless it is kept for later, makes a release of the same artifact with them. */
export async function changeSettings(
  parts: Parts,
  place: Place,
  change: Change<string>,
  by: string,
): Promise<Deployment | null> {
  return apply(parts, place, change, { by, reason: 'settings' }, async (db) => {
    for (const [name, value] of Object.entries(change.set)) await setSetting(db, place, name, value)
    for (const name of change.unset) {
      const was = await unsetSetting(db, place, name)
      if (!was)
        throw new NaruError('setting.unknown', {
          app: place.app,
          environment: place.environment,
          name,
        })
    }
  })
}

/** The same for secrets: every change is a new version, and releases that exist keep theirs. */
export async function changeSecrets(
  parts: Parts,
  place: Place,
  change: Change<Secret>,
  by: string,
): Promise<Deployment | null> {
  const at = parts.clock.now().toISOString()
  return apply(parts, place, change, { by, reason: 'secrets' }, async (db) => {
    for (const [name, value] of Object.entries(change.set)) {
      await setSecret(db, parts.store.vault, place, name, value, at)
    }
    for (const name of change.unset) {
      const was = await unsetSecret(db, place, name)
      if (!was)
        throw new NaruError('secret.unknown', {
          app: place.app,
          environment: place.environment,
          name,
        })
    }
  })
}

type Wish = { by: string; reason: 'settings' | 'secrets' }

async function apply(
  parts: Parts,
  place: Place,
  change: Change<unknown>,
  wish: Wish,
  write: (db: Db) => Promise<void>,
): Promise<Deployment | null> {
  for (;;) {
    // To what serves soon: else it would take back a push that is being deployed.
    const release = await newestRelease(parts.store.db, place)
    const spec = release && (await specOf(parts.source, place, release.commit))
    const applied = await applyTo(parts, place, { release, spec }, change, wish, write)
    if (applied !== 'overtaken') return applied
  }
}

/** Changes nothing where another release has come since this one was read. */
async function applyTo(
  { store, clock, domain }: Parts,
  place: Place,
  { release, spec }: { release: Release | null; spec: Spec | null },
  change: Change<unknown>,
  { by, reason }: Wish,
  write: (db: Db) => Promise<void>,
): Promise<Deployment | null | 'overtaken'> {
  const { app, environment } = place
  const at = clock.now().toISOString()
  return store.write(async (db) => {
    if ((await newestRelease(db, place))?.number !== release?.number) return 'overtaken'
    await write(db)
    const names = [...Object.keys(change.set), ...change.unset]
    const data = { names, by }
    await appendEvent(db, at, { app, environment, kind: `${reason}.changed`, data })
    if (!change.deploy || release === null || spec === null) return null
    const artifact = await requireArtifact(db, release)
    const { build, commit, title } = release
    const ingredients = { place, spec, artifact, build, commit, title, by, reason, at, domain }
    return makeRelease(db, ingredients, clock.served())
  })
}

async function requireArtifact(db: Db, { app, environment, number, artifact: digest }: Release) {
  const artifact = await findArtifact(db, app, digest)
  if (artifact === undefined)
    throw new NaruError('artifact.missing', { app, environment, release: number, digest })
  return artifact
}
