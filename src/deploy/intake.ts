import { NaruError } from '../base/error.ts'
import type { Build } from '../model/build.ts'
import { type Place, placeKey } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import type { Spec } from '../model/spec.ts'
import { parseSpec } from '../model/spec-file.ts'
import { checkSecrets, frozenRoute } from '../release/freeze.ts'
import { requireApp } from '../store/apps.ts'
import { moveBuild, queueBuild, unfinishedBuilds } from '../store/builds.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments, requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { findRelease } from '../store/releases.ts'
import { listSecrets } from '../store/secrets.ts'
import type { Db, Store } from '../store/store.ts'
import type { Parts } from './parts.ts'

export type Push = { commit: string; by: string }

/**
 * Checks a pushed commit and queues its build; what was being built for the place is superseded in the same
 * transaction and returned, so that it can be ended.
 */
export async function takeIn(
  { store, source, clock, domain }: Parts,
  place: Place,
  { commit, by }: Push,
): Promise<{ build: Build; superseded: Build[] }> {
  await requireApp(store.db, place.app)
  await requireEnvironment(store.db, place)
  const { title } = await source.commitInfo(place.app, commit)
  const spec = parseSpec(await source.readFile(place.app, commit, 'naru.yaml'), {
    file: 'naru.yaml',
  })
  await checkName(place, spec)
  await checkHosts(store.db, place, spec, domain)
  const secrets = await listSecrets(store.db, place)
  checkSecrets(
    place.app,
    spec.secrets,
    Object.fromEntries(secrets.map((secret) => [secret.name, secret.version])),
  )
  await source.keep(place.app, commit)
  return replace(store, place, { commit, title, by, at: clock.now().toISOString() })
}

function replace(
  store: Store,
  place: Place,
  { commit, title, by, at }: Push & { title: string; at: string },
): Promise<{ build: Build; superseded: Build[] }> {
  const { app, environment } = place
  return store.write(async (db) => {
    const older = await unfinishedBuilds(db, place)
    const build = await queueBuild(db, { app, environment, commit, title, by, at })
    await appendEvent(db, at, {
      app,
      environment,
      kind: 'build.queued',
      data: { build: build.number, commit, title, by },
    })
    for (const { number } of older) {
      const problem = {
        code: 'build.superseded' as const,
        facts: { build: number, by: build.number },
      }
      await moveBuild(db, app, number, 'superseded', { endedAt: at, problem })
      await appendEvent(db, at, { app, environment, kind: 'build.superseded', data: problem.facts })
    }
    return { build, superseded: older }
  })
}

/** A repository that names itself is not deployed under another name by mistake. */
async function checkName(place: Place, spec: Spec): Promise<void> {
  if (spec.app === undefined || spec.app === place.app) return
  const mistake = {
    line: 1,
    column: 1,
    path: 'app',
    found: spec.app,
    expected: `"${place.app}", the app that was pushed to`,
  }
  throw new NaruError('spec.invalid', { file: 'naru.yaml', mistakes: [mistake] })
}

/** The second claim on a host and path is refused before anything is built. */
async function checkHosts(db: Db, place: Place, spec: Spec, domain: string): Promise<void> {
  const wanted = spec.routes.map((route) => frozenRoute(route, place, domain))
  for (const environment of await listEnvironments(db)) {
    if (placeKey(environment) === placeKey(place)) continue
    for (const release of await claimants(db, environment)) {
      const taken = release.routes.find((route) =>
        wanted.some((w) => w.host === route.host && w.path === route.path),
      )
      if (taken === undefined) continue
      throw new NaruError('host.taken', {
        host: taken.host,
        app: environment.app,
        environment: environment.environment,
      })
    }
  }
}

/** Releases of an environment that serve or are about to. */
async function claimants(db: Db, place: Place & { stable: number | null }): Promise<Release[]> {
  const coming = (await unfinishedDeployments(db, place)).map((deployment) => deployment.release)
  const numbers = [...(place.stable === null ? [] : [place.stable]), ...coming]
  const releases = await Promise.all(numbers.map((number) => findRelease(db, place, number)))
  return releases.filter((release) => release !== undefined)
}
