import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runBuild } from '../build/build.ts'
import { followBuildLog, trimBuildLogs } from '../build/log.ts'
import { discardHalfBuilt } from '../build/slug.ts'
import type { Workshop } from '../build/workshop.ts'
import type { BuildJob, BuildResult } from '../deploy/parts.ts'
import type { Account } from '../engine/process/account.ts'
import { makeAppPlaces, places } from '../engine/process/places.ts'
import type { Repositories } from '../source/repository.ts'
import { listApps, requireApp } from '../store/apps.ts'
import { findArtifact } from '../store/artifacts.ts'
import { requireBuild } from '../store/builds.ts'
import { listSettings } from '../store/settings.ts'
import type { Store } from '../store/store.ts'
import { programFile } from './programs.ts'

/** Builds of each app whose logs are kept. */
const keptLogs = 100

/** Joins what a build is given: the commits, the app's folders, the account that it runs as. */
export function workshops(
  data: string,
  account: Account | null,
  source: Repositories,
  store: Store,
) {
  const logs = join(data, 'builds')
  const logOf = (app: string, build: number): string => join(logs, app, `${build}.log`)

  async function build({ build, tree, spec }: BuildJob, signal: AbortSignal): Promise<BuildResult> {
    const { app, number, commit } = build
    const { group } = await requireApp(store.db, app)
    const at = places(data).app(app)
    await makeAppPlaces(at, account, group)
    const workshop: Workshop = {
      archive: () => source.archive(app, commit),
      readFile: (path) => source.readFile(app, commit, path),
      listFiles: () => source.listFiles(app, commit),
      folders: {
        slugs: at.slugs,
        dependencies: join(at.folder, 'dependencies'),
        buildHome: join(at.folder, 'build-home'),
        temporary: at.temporaries,
      },
      kept: async (digest) => (await findArtifact(store.db, app, digest)) !== undefined,
      log: logOf(app, number),
      runAs: account === null ? null : { uid: account.uid, gid: group },
      environment: { ...spec.settings, ...(await listSettings(store.db, build)) },
      host: process.env,
      staticServer: programFile('static-server'),
    }
    await mkdir(join(logs, app), { recursive: true, mode: 0o700 })
    await trimBuildLogs(join(logs, app), keptLogs)
    return runBuild({ app, number, commit, tree, spec }, workshop, signal)
  }

  return {
    build,
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
    forget: (app: string) => rm(join(logs, app), { recursive: true, force: true }),
  }
}

async function isOver(store: Store, app: string, number: number): Promise<boolean> {
  const { status } = await requireBuild(store.db, app, number)
  return status !== 'queued' && status !== 'running'
}
