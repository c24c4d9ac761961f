import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Secret } from '../base/secret.ts'
import { runBuild } from '../build/build.ts'
import type { CacheFolders } from '../build/cache-bound.ts'
import { cacheKeeper } from '../build/cache-keeper.ts'
import { buildImage } from '../build/image/image-build.ts'
import { followBuildLog, trimBuildLogs } from '../build/log.ts'
import { discardHalfBuilt } from '../build/slug.ts'
import type { Workshop } from '../build/workshop.ts'
import type { BuildJob, BuildResult } from '../deploy/parts.ts'
import type { Images } from '../engine/images.ts'
import type { Account } from '../engine/process/account.ts'
import { makeAppPlaces, type Places, places } from '../engine/process/places.ts'
import type { Place } from '../model/environment.ts'
import { registryNamed } from '../model/registry.ts'
import { checkSecrets } from '../release/freeze.ts'
import type { Repositories } from '../source/repository.ts'
import { listApps, requireApp } from '../store/apps.ts'
import { findArtifact } from '../store/artifacts.ts'
import { requireBuild } from '../store/builds.ts'
import { readRegistry } from '../store/registries.ts'
import { listSecrets, readSecrets } from '../store/secrets.ts'
import { listSettings } from '../store/settings.ts'
import type { Store } from '../store/store.ts'
import { programFile } from './programs.ts'

/** Builds of each app whose logs are kept. */
export const keptLogs = 100

/** Joins what a build is given: the commits, the app's folders, the account that it runs as. */
export function workshops(
  data: string,
  account: Account | null,
  source: Repositories,
  store: Store,
  {
    cacheLimitBytes,
    images,
    log,
  }: { cacheLimitBytes: number; images: () => Images | null; log: Log },
) {
  const logs = join(data, 'builds')
  const logOf = (app: string, build: number): string => join(logs, app, `${build}.log`)

  const foldersOf = (app: string) => cacheFolders(places(data), app)
  const caches = cacheKeeper(
    cacheLimitBytes,
    async () => (await listApps(store.db)).map(({ name }) => foldersOf(name)),
    log,
  )

  const afterBuilds = new Map<string, { ended: Promise<void>; hurry(): void }>()
  function afterwards(app: string, work: (nextBegins: AbortSignal) => Promise<void>): void {
    const before = afterBuilds.get(app)
    const next = new AbortController()
    const ended = caches
      .during(app, () => work(next.signal))
      .then(() => before?.ended)
      // The next build installs anew, and tries to keep it again.
      .catch((error: unknown) => log.error('what was installed could not be kept', error, { app }))
      .finally(() => afterBuilds.get(app) === after && afterBuilds.delete(app))
    const after = {
      ended,
      hurry: () => {
        next.abort()
        before?.hurry()
      },
    }
    afterBuilds.set(app, after)
  }
  async function afterBuild(app: string): Promise<void> {
    afterBuilds.get(app)?.hurry()
    await afterBuilds.get(app)?.ended
  }

  async function build(
    { build, tree, spec, engine }: BuildJob,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const { app, number, commit } = build
    await afterBuild(app)
    const { group } = await requireApp(store.db, app)
    const at = places(data).app(app)
    await makeAppPlaces(at, account, group)
    const workshop: Workshop = {
      archive: () => source.archive(app, commit),
      readFile: (path) => source.readFile(app, commit, path),
      listFiles: () => source.listTree(app, commit),
      folders: {
        ...foldersOf(app),
        temporary: at.temporaries,
      },
      kept: async (digest) => (await findArtifact(store.db, app, digest)) !== undefined,
      log: logOf(app, number),
      runAs: account === null ? null : { uid: account.uid, gid: group },
      environment: { ...spec.settings, ...(await listSettings(store.db, build)) },
      secrets: (names) => newestSecrets(store, build, names),
      loginAt: (host) => readRegistry(store.db, store.vault, registryNamed(host)),
      host: process.env,
      staticServer: programFile('static-server'),
      afterwards: (work) => afterwards(app, work),
    }
    await mkdir(join(logs, app), { recursive: true, mode: 0o700 })
    await trimBuildLogs(join(logs, app), keptLogs)
    const request = { app, number, commit, tree, spec }
    if (engine === 'process') return runBuild(request, workshop, signal)
    const its = images()
    if (its === null) throw new Error(`nothing here builds for the ${engine} engine`)
    return buildImage(request, workshop, its, signal)
  }

  return {
    build: (job: BuildJob, signal: AbortSignal) =>
      caches.during(job.build.app, () => build(job, signal)),
    caches,
    /** Ends and removes what builds that a crash interrupted left behind. Before the first build only. */
    async tidy(): Promise<void> {
      for (const { name } of await listApps(store.db))
        await discardHalfBuilt(places(data).app(name).slugs)
    },
    /** Lines of a build's log from its first; with `follow` until the build is over. */
    log: (app: string, number: number, { follow }: { follow: boolean }, signal?: AbortSignal) =>
      followBuildLog(
        logOf(app, number),
        { follow, ended: () => isOver(store, app, number) },
        signal,
      ),
    async forget(app: string): Promise<void> {
      await afterBuild(app)
      await rm(join(logs, app), { recursive: true, force: true })
    },
  }
}

async function newestSecrets(
  { db, vault }: Store,
  place: Place,
  names: readonly string[],
): Promise<Record<string, Secret>> {
  if (names.length === 0) return {}
  const set = new Map((await listSecrets(db, place)).map(({ name, version }) => [name, version]))
  const versions = Object.fromEntries(
    names.flatMap((name) => {
      const version = set.get(name)
      return version === undefined ? [] : [[name, version]]
    }),
  )
  checkSecrets(place, names, versions) // One may have been unset since the push.
  return readSecrets(db, vault, place, versions)
}

async function isOver(store: Store, app: string, number: number): Promise<boolean> {
  const { status } = await requireBuild(store.db, app, number)
  return status !== 'queued' && status !== 'running'
}

/** The folders of an app in which its builds keep things. */
function cacheFolders(at: Places, app: string): CacheFolders {
  const { folder, slugs } = at.app(app)
  return {
    app,
    slugs,
    dependencies: join(folder, 'dependencies'),
    buildHome: join(folder, 'build-home'),
  }
}
