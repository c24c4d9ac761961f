import { NaruError } from '../base/error.ts'
import type { Build } from '../model/build.ts'
import type { Place } from '../model/environment.ts'
import type { Spec } from '../model/spec.ts'
import { containerKey } from '../model/spec-containers.ts'
import { checkSecrets } from '../release/freeze.ts'
import { requireApp } from '../store/apps.ts'
import { type NewBuild, queueBuild, unfinishedBuilds } from '../store/builds.ts'
import { engineOfPlace } from '../store/engine-choice.ts'
import { requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { listSecrets } from '../store/secrets.ts'
import type { Db, Store } from '../store/store.ts'
import { supersedeBuilds } from './build-ends.ts'
import { diskWarnings } from './disk-room.ts'
import { secretFiles } from './env-file.ts'
import { checkHosts } from './hosts.ts'
import type { Parts } from './parts.ts'
import { routesOf, specFile, specOf } from './spec-of.ts'

export type Push = { commit: string; by: string; source?: Build['source'] }

/**
 * Checks a commit that has arrived and queues its build; what was being built for the place is superseded in the same
 * transaction and returned, so that it can be ended.
 */
export async function takeIn(
  parts: Parts,
  place: Place,
  push: Push,
): Promise<{ build: Build; superseded: Build[] }> {
  const { store } = parts
  try {
    await requirePlace(store.db, place)
    return await replace(parts, await checked(parts, place, push))
  } catch (error) {
    await requirePlace(store.db, place) // Removed meanwhile: that says more than what failed of it.
    throw error
  }
}

async function checked(
  { store, source, clock, domain, disks }: Parts,
  { app, environment }: Place,
  { commit, by, source: cameBy = 'push' }: Push,
): Promise<NewBuild & { routes: ReturnType<typeof routesOf> }> {
  const place = { app, environment }
  const { title } = await source.commitInfo(app, commit)
  const spec = await specOf(source, place, commit)
  checkName(place, spec)
  await checkEngine(store.db, place, spec)
  await requireSecrets(store.db, place, spec)
  const warnings = [
    ...diskWarnings(await disks()),
    ...(await secretFiles(source, app, commit, spec.build.folder)),
  ]
  await source.keep(app, commit)
  return {
    ...place,
    source: cameBy,
    commit,
    title,
    by,
    at: clock.now().toISOString(),
    deploys: spec.deploy === 'on-push',
    warnings,
    routes: routesOf(spec, place, domain),
  }
}

function replace(
  { store, domain }: { store: Store; domain: string },
  wish: Awaited<ReturnType<typeof checked>>,
): Promise<{ build: Build; superseded: Build[] }> {
  const { app, environment, commit, title, by, at, routes } = wish
  const place = { app, environment }
  return store.write(async (db) => {
    await requirePlace(db, place)
    await checkHosts(db, place, routes, domain)
    const older = await unfinishedBuilds(db, place)
    const build = await queueBuild(db, wish)
    const data = { build: build.number, commit, title, by }
    await appendEvent(db, at, { ...place, kind: 'build.queued', data })
    await supersedeBuilds(db, older, build, at)
    return { build, superseded: older }
  })
}

async function requirePlace(db: Db, place: Place): Promise<void> {
  await requireApp(db, place.app)
  await requireEnvironment(db, place)
}

/** What only containers can do is refused before anything is built. */
async function checkEngine(db: Db, place: Place, spec: Spec): Promise<void> {
  const engine = await engineOfPlace(db, place)
  const what = engine === 'process' ? containerKey(spec) : null
  if (what !== null) throw new NaruError('engine.cannot', { engine, what })
}

async function requireSecrets(db: Db, place: Place, spec: Spec): Promise<void> {
  const secrets = await listSecrets(db, place)
  const set = Object.fromEntries(secrets.map(({ name, version }) => [name, version]))
  checkSecrets(place, [...spec.secrets, ...spec.build.secrets], set)
}

/** A repository that names itself is not deployed under another name by mistake. */
export function checkName(place: Place, spec: Spec): void {
  if (spec.app === undefined || spec.app === place.app) return
  const mistake = {
    line: 1,
    column: 1,
    path: 'app',
    found: { is: 'text', shown: spec.app } as const,
    expected: { is: 'this-app', app: place.app } as const,
  }
  throw new NaruError('spec.invalid', { file: specFile, mistakes: [mistake] })
}
