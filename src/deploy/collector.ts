import type { Build } from '../model/build.ts'
import { placeKey } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { listApps } from '../store/apps.ts'
import { listArtifacts, removeArtifact } from '../store/artifacts.ts'
import { newestSucceeded, unfinishedBuilds } from '../store/builds.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments } from '../store/environments.ts'
import { trimEvents } from '../store/events.ts'
import { listReleases } from '../store/releases.ts'
import { pruneSecrets } from '../store/secrets.ts'
import type { Db } from '../store/store.ts'
import type { Parts } from './parts.ts'
import { trimRecords } from './records.ts'
import { leftIn } from './serving.ts'

/** Releases of each environment whose artifacts are kept: enough to go back ten times. */
export const keptReleases = 10
/** Builds of each environment whose artifacts are kept, deployed or not. */
export const keptBuilds = 10
/** Entries of the event log that are kept. */
export const keptEvents = 100_000

/** Removes what no kept release needs: artifacts and their slugs, versions of secrets, leftovers of apps that are gone, old events. */
export async function collect({ store, engine, source, log }: Parts): Promise<void> {
  // The record goes first: a slug without one is made anew, one that is gone behind a record is a broken rollback.
  const needed = await store.write(async (db) => {
    const releases = await neededReleases(db)
    const builds = await neededBuilds(db)
    await forgetOthers(db, releases, builds)
    await trimRecords(db, releases)
    await trimEvents(db, keptEvents)
    return [...releases, ...builds]
  })
  const artifacts = new Set(needed.flatMap(({ artifact }) => artifact ?? []))
  const apps = new Set((await listApps(store.db)).map(({ name }) => name))
  const collected = await engine.collect({ artifacts, apps })
  for (const app of apps) await source.collect(app, await neededCommits(store.db, app, needed))
  if (collected.artifacts > 0) log.info('collected', collected)
}

/** In the transaction that found out what is needed: a rollback may be asked for at any moment. */
async function forgetOthers(db: Db, needed: Release[], builds: Build[]): Promise<void> {
  const kept = new Set([...needed, ...builds].map(({ app, artifact }) => `${app} ${artifact}`))
  for (const { app, digest } of await listArtifacts(db))
    if (!kept.has(`${app} ${digest}`)) await removeArtifact(db, app, digest)
  for (const place of await listEnvironments(db)) {
    const releases = needed.filter((release) => placeKey(release) === placeKey(place))
    const secrets = releases.map((release) => release.secrets)
    await pruneSecrets(db, place, secrets)
  }
}

async function neededReleases(db: Db): Promise<Release[]> {
  const needed: Release[] = []
  for (const place of await listEnvironments(db)) {
    const unfinished = await unfinishedDeployments(db, place)
    // What a deployment replaces may be a release that never was stable: a blocked one has left traffic with it.
    const inUse = new Set([
      ...unfinished.flatMap(({ release, rollout }) => [release, rollout.stable?.release]),
      await leftIn(db, place),
    ])
    const releases = await listReleases(db, place, 1000)
    const stableOnes = releases.filter(({ stableAt }) => stableAt !== null).slice(0, keptReleases)
    const serving = releases.filter(
      ({ number }) => number === place.stable || number === place.warm?.release,
    )
    needed.push(...stableOnes, ...serving, ...releases.filter(({ number }) => inUse.has(number)))
  }
  return needed
}

/** What may be deployed without building it again: `naru deploy --build`. */
async function neededBuilds(db: Db): Promise<Build[]> {
  const places = await listEnvironments(db)
  const builds = await Promise.all(places.map((place) => newestSucceeded(db, place, keptBuilds)))
  return builds.flat()
}

async function neededCommits(
  db: Db,
  app: string,
  needed: readonly Pick<Release, 'app' | 'commit'>[],
): Promise<Set<string>> {
  const released = needed.filter((one) => one.app === app).map(({ commit }) => commit)
  const building = (await unfinishedBuilds(db))
    .filter((build) => build.app === app)
    .map(({ commit }) => commit)
  return new Set([...released, ...building])
}
