import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import { isRouted, type Release } from '../model/release.ts'
import type { SetSpec } from '../model/set.ts'
import { findArtifact } from '../store/artifacts.ts'
import { requireRelease } from '../store/releases.ts'
import { readSecrets } from '../store/secrets.ts'
import type { Store } from '../store/store.ts'

/** Where the release's artifact lies; `artifact.missing` when it is no longer kept. */
export async function folderOf(store: Pick<Store, 'db'>, release: Release): Promise<string> {
  const artifact = await findArtifact(store.db, release.app, release.artifact)
  if (artifact !== undefined) return artifact.folder
  const { app, number, artifact: digest } = release
  throw new NaruError('artifact.missing', { app, release: number, digest })
}

/** All that an engine needs to run one service of a release, secrets included. */
export async function setSpec(
  store: Store,
  place: Place,
  number: number,
  service: string,
): Promise<SetSpec> {
  const release = await requireRelease(store.db, place, number)
  const of = release.services[service]
  if (of === undefined)
    throw new Error(`release v${number} of ${place.app} has no service ${service}`)
  const secrets = await readSecrets(store.db, store.vault, place, release.secrets)
  return {
    set: { app: place.app, environment: place.environment, service, release: number },
    routed: isRouted(release, service),
    commit: release.commit,
    folder: await folderOf(store, release),
    command: of.command,
    environment: { ...release.settings, ...secrets },
    health: of.health,
    stop: of.stop,
  }
}
