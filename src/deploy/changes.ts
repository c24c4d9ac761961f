import { NaruError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { parseSpec } from '../model/spec-file.ts'
import { findArtifact } from '../store/artifacts.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { requireRelease } from '../store/releases.ts'
import { setSecret, unsetSecret } from '../store/secrets.ts'
import { setSetting, unsetSetting } from '../store/settings.ts'
import type { Db } from '../store/store.ts'
import type { Change } from './conductor.ts'
import type { Parts } from './parts.ts'
import { makeRelease } from './releases.ts'

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
      if (!was) throw new NaruError('setting.unknown', { app: place.app, name })
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
      if (!was) throw new NaruError('secret.unknown', { app: place.app, name })
    }
  })
}

async function apply(
  { store, source, clock, domain }: Parts,
  place: Place,
  change: Change<unknown>,
  { by, reason }: { by: string; reason: 'settings' | 'secrets' },
  write: (db: Db) => Promise<void>,
): Promise<Deployment | null> {
  const release = await newestRelease(store.db, place)
  const spec =
    release &&
    parseSpec(await source.readFile(place.app, release.commit, 'naru.yaml'), { file: 'naru.yaml' })
  const at = clock.now().toISOString()
  return store.write(async (db) => {
    await write(db)
    const names = [...Object.keys(change.set), ...change.unset]
    await appendEvent(db, at, {
      app: place.app,
      environment: place.environment,
      kind: `${reason}.changed`,
      data: { names, by },
    })
    if (!change.deploy || release === null || spec === null) return null
    const artifact = await requireArtifact(db, release)
    const { build, commit, title } = release
    return makeRelease(
      db,
      { place, spec, artifact, build, commit, title, by, reason, at, domain },
      clock.served(),
    )
  })
}

/** The change is made to what serves soon: else it would take back a push that is being deployed. */
async function newestRelease(db: Db, place: Place): Promise<Release | null> {
  const coming = (await unfinishedDeployments(db, place)).filter(
    ({ rollout }) => !['aborting', 'restoring', 'blocked'].includes(rollout.status),
  )
  const number = coming.at(-1)?.release ?? (await requireEnvironment(db, place)).stable
  return number === null ? null : requireRelease(db, place, number)
}

async function requireArtifact(db: Db, { app, number, artifact: digest }: Release) {
  const artifact = await findArtifact(db, app, digest)
  if (artifact === undefined)
    throw new NaruError('artifact.missing', { app, release: number, digest })
  return artifact
}
