import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import type { Artifact, ArtifactBody } from '../model/artifact.ts'
import type { Place } from '../model/environment.ts'
import { isRouted, type Release } from '../model/release.ts'
import type { SetSpec } from '../model/set.ts'
import { findArtifact } from '../store/artifacts.ts'
import { requireRelease } from '../store/releases.ts'
import { readSecrets } from '../store/secrets.ts'
import type { Store } from '../store/store.ts'

/** What the release's programs run from: its image, its slug, or the app's folder in that; `artifact.missing` when it is no longer kept. */
export async function bodyOf(store: Pick<Store, 'db'>, release: Release): Promise<ArtifactBody> {
  const { body, workingFolder = '.' } = await artifactOf(store, release)
  return body.kind === 'slug' ? { ...body, folder: join(body.folder, workingFolder) } : body
}

/** What the release's programs are given: its artifact's variables, under its settings, under its secrets. */
export async function environmentOf(
  store: Store,
  release: Release,
): Promise<Record<string, string | Secret>> {
  const { environment } = await artifactOf(store, release)
  const secrets = await readSecrets(store.db, store.vault, release, release.secrets)
  return { ...environment, ...release.settings, ...secrets }
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
  return {
    set: { app: place.app, environment: place.environment, service, release: number },
    routed: isRouted(release, service),
    commit: release.commit,
    body: await bodyOf(store, release),
    command: of.command,
    port: of.port ?? null,
    resources: of.resources,
    volumes: of.volumes,
    environment: await environmentOf(store, release),
    health: of.health,
    stop: of.stop,
  }
}

async function artifactOf(store: Pick<Store, 'db'>, release: Release): Promise<Artifact> {
  const artifact = await findArtifact(store.db, release.app, release.artifact)
  if (artifact !== undefined) return artifact
  const { app, environment, number, artifact: digest } = release
  throw new NaruError('artifact.missing', { app, environment, release: number, digest })
}
