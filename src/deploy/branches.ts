import { NaruError } from '../base/error.ts'
import { type Environment, type Place, usualBranch } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { readBranches } from '../model/spec-branches.ts'
import { findBuild } from '../store/builds.ts'
import { listEnvironments, requireEnvironment } from '../store/environments.ts'
import { findRelease } from '../store/releases.ts'
import type { Parts } from './parts.ts'
import { specFile } from './spec-of.ts'

type Reads = Pick<Parts, 'store' | 'source'>

/**
 * The environment that deploys the branch, as the pushed commit itself says. `push.branch` where there is none,
 * `branch.taken` where there are several, `branch.nested` where git cannot have it beside that of another.
 */
export async function placeOfPush(
  { store, source }: Reads,
  app: string,
  { commit, ref }: { commit: string; ref: string },
): Promise<Place> {
  const branch = branchIn(ref)
  const named = readBranches(await source.readFile(app, commit, specFile))
  const environments = await listEnvironments(store.db, app)
  const deployed = environments.map((one) => ({
    environment: one.environment,
    branch: branchFor(one, named),
  }))
  const [found, ...others] = deployed.filter((one) => one.branch === branch)
  if (found === undefined) {
    const missing = Object.entries(named).find(([, name]) => name === branch)?.[0] ?? null
    throw new NaruError('push.branch', { app, branch, deployed, named: missing })
  }
  if (others.length > 0) {
    const taken = [found, ...others].map(({ environment }) => environment)
    throw new NaruError('branch.taken', { app, branch, environments: taken })
  }
  for (const one of deployed) refuseNested(app, branch, one)
  return { app, environment: found.environment }
}

/** The branch whose pushes come to the environment, as the commit says; without one, as far as Naru knows. */
export async function branchOf(
  { store, source }: Reads,
  place: Place,
  release: Pick<Release, 'commit'> | null,
): Promise<string> {
  const text = release && (await source.readFile(place.app, release.commit, specFile))
  return branchFor(await requireEnvironment(store.db, place), readBranches(text ?? undefined))
}

/** The branch that an environment would have is nobody else's, and git can have it: `branch.taken`, `branch.nested`. */
export async function checkBranch(
  { store, source }: Reads,
  { app, environment }: Place,
  wanted: string | null,
): Promise<void> {
  const branch = wanted ?? usualBranch(environment)
  for (const other of await listEnvironments(store.db, app)) {
    if (other.environment === environment) continue
    const taken = await currentBranch({ store, source }, other)
    refuseNested(app, branch, { environment: other.environment, branch: taken })
    if (taken !== branch) continue
    throw new NaruError('branch.taken', {
      app,
      branch,
      environments: [other.environment, environment],
    })
  }
}

/** The branch whose pushes come to the environment, as what is stable there says. */
export async function currentBranch(parts: Reads, place: Place): Promise<string> {
  const { stable } = await requireEnvironment(parts.store.db, place)
  const release = stable === null ? undefined : await findRelease(parts.store.db, place, stable)
  return branchOf(parts, place, release ?? null)
}

/**
 * Points the environment's branch at what serves there, so that the same commit can be pushed again after it was
 * rolled back. What was not pushed there, but came as an archive or was built for another environment, may be nowhere in
 * that branch, as after a squash: then it is taken away, and a push that follows has nothing to be behind of.
 */
export async function moveBranch(parts: Reads, place: Place, release: Release): Promise<void> {
  const branch = await branchOf(parts, place, release)
  const build = await findBuild(parts.store.db, place.app, release.build)
  const pushed = build?.source === 'push' && build.environment === place.environment
  if (pushed) await parts.source.moveRef(place.app, branch, release.commit)
  else await parts.source.dropRef(place.app, branch)
}

/** A branch is a file of git's, so that another one cannot have it as a folder. */
function refuseNested(
  app: string,
  branch: string,
  { environment, branch: other }: { environment: string; branch: string },
): void {
  if (!branch.startsWith(`${other}/`) && !other.startsWith(`${branch}/`)) return
  throw new NaruError('branch.nested', { app, branch, environment, other })
}

const branchFor = (
  { environment, branch }: Environment,
  named: Readonly<Record<string, string>>,
): string =>
  (Object.hasOwn(named, environment) ? named[environment] : undefined) ??
  branch ??
  usualBranch(environment)

function branchIn(ref: string): string {
  if (!ref.startsWith('refs/heads/')) throw new NaruError('push.not-a-branch', { ref })
  return ref.slice('refs/heads/'.length)
}
