import { type LaterWish, NaruError } from '../base/error.ts'
import type { Build } from '../model/build.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import type { Spec } from '../model/spec.ts'
import { findArtifact } from '../store/artifacts.ts'
import { requireBuild } from '../store/builds.ts'
import { listDeployments } from '../store/deployments.ts'
import { requireEnvironment } from '../store/environments.ts'
import { requireRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'
import { overtakeBuilds } from './build-ends.ts'
import { checkHosts } from './hosts.ts'
import { checkName } from './intake.ts'
import type { Parts } from './parts.ts'
import { makeRelease } from './releases.ts'
import { routesOf, specOf } from './spec-of.ts'

/** What to deploy without building: an artifact by its build, what was deployed last, or what is stable in another environment. */
export type DeployWish = { build: number } | { again: true } | { promote: string }

type Chosen = Pick<Release, 'build' | 'commit' | 'title' | 'artifact' | 'reason' | 'promotedFrom'>

/**
 * Makes a release of an artifact that exists, with the spec of its commit and the settings and secrets of now, and
 * queues its deployment. What is being built for the place gives way and is returned, so that it can be ended.
 * Throws `build.unknown`, `build.no-artifact`, `build.gone`, `deployment.none`, `promotion.none`, `promotion.same`,
 * `spec.invalid`, `host.taken`, `secret.missing`, `build.no-start`.
 */
export async function deployExisting(
  parts: Parts,
  { app, environment }: Place,
  wish: DeployWish,
  by: string,
): Promise<{ deployment: Deployment; overtaken: Build[] }> {
  const { store, source } = parts
  const place = { app, environment }
  await requireEnvironment(store.db, place)
  for (;;) {
    const chosen = await choose(store.db, place, wish)
    await requireArtifact(store.db, app, chosen)
    const spec = await specOf(source, place, chosen.commit)
    checkName(place, spec)
    await source.keep(app, chosen.commit)
    const deployed = await deployChosen(parts, place, { wish, chosen, spec, by })
    if (deployed !== 'overtaken') return deployed
  }
}

/** Does nothing where the same wish would choose something else by now: another release has become stable there. */
async function deployChosen(
  { store, clock, domain }: Parts,
  place: Place,
  { wish, chosen, spec, by }: { wish: DeployWish; chosen: Chosen; spec: Spec; by: string },
): Promise<{ deployment: Deployment; overtaken: Build[] } | 'overtaken'> {
  const at = clock.now().toISOString()
  return store.write(async (db) => {
    await requireEnvironment(db, place)
    const now = await choose(db, place, wish)
    if (now.build !== chosen.build || now.promotedFrom?.release !== chosen.promotedFrom?.release)
      return 'overtaken'
    await checkHosts(db, place, routesOf(spec, place, domain), domain)
    const artifact = await requireArtifact(db, place.app, chosen)
    const ingredients = { ...chosen, place, spec, artifact, by, at, domain }
    const deployment = await makeRelease(db, ingredients, clock.served())
    const { release } = deployment
    const overtaken = await overtakeBuilds(db, place, { wish: wishOf(wish), release, by, at })
    return { deployment, overtaken }
  })
}

async function choose(db: Db, place: Place, wish: DeployWish): Promise<Chosen> {
  if ('build' in wish) return ofBuild(await requireBuild(db, place.app, wish.build))
  if ('again' in wish) return ofLast(db, place)
  return ofOther(db, place, wish.promote)
}

function ofBuild({ app, number, status, commit, title, artifact }: Build): Chosen {
  if (artifact === null) throw new NaruError('build.no-artifact', { app, build: number, status })
  return { build: number, commit, title, artifact, reason: 'deploy', promotedFrom: null }
}

/** However it ended: what failed for want of a database is tried again like this. */
async function ofLast(db: Db, place: Place): Promise<Chosen> {
  const [last] = await listDeployments(db, place, 1)
  if (last === undefined) {
    const { app, environment } = place
    throw new NaruError('deployment.none', { app, environment })
  }
  const release = await requireRelease(db, place, last.release)
  return { ...partsOf(release), reason: 'deploy', promotedFrom: release.promotedFrom }
}

async function ofOther(db: Db, { app, environment }: Place, from: string): Promise<Chosen> {
  if (from === environment) throw new NaruError('promotion.same', { app, environment })
  const other = { app, environment: from }
  const { stable } = await requireEnvironment(db, other)
  if (stable === null) throw new NaruError('promotion.none', { app, from })
  const release = await requireRelease(db, other, stable)
  const promotedFrom = { environment: from, release: stable }
  return { ...partsOf(release), reason: 'promotion', promotedFrom }
}

const partsOf = ({ build, commit, title, artifact }: Release) => ({
  build,
  commit,
  title,
  artifact,
})

async function requireArtifact(db: Db, app: string, { artifact: digest, build }: Chosen) {
  const artifact = await findArtifact(db, app, digest)
  if (artifact === undefined) throw new NaruError('build.gone', { app, build, digest })
  return artifact
}

const wishOf = (wish: DeployWish): LaterWish => ('promote' in wish ? 'promotion' : 'deploy')
