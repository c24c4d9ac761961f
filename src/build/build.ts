import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import { randomId } from '../base/id.ts'
import type { Artifact } from '../model/artifact.ts'
import { isDiskFull } from './disk-full.ts'
import { type BuildLog, openBuildLog } from './log.ts'
import { thisMachine } from './machine.ts'
import { findPlan } from './plan.ts'
import type { Machine, Recipe } from './recipe-types.ts'
import { isFinished, slugDigest } from './slug.ts'
import { makeSlug } from './slug-work.ts'
import type { BuildRequest, Workshop } from './workshop.ts'

export type BuildResult = {
  artifact: Artifact
  /** Whether a finished slug of the same inputs was there already. */
  reused: boolean
  seconds: number
}

/**
 * Builds a commit into an artifact, and logs how. Throws `build.*`, and the reason of `signal` once every
 * step has ended. What a failed or cancelled build made is removed; its log stays.
 */
export async function runBuild(
  request: BuildRequest,
  workshop: Workshop,
  signal: AbortSignal,
): Promise<BuildResult> {
  const started = performance.now()
  try {
    const log = await openBuildLog(workshop.log)
    try {
      const { artifact, reused } = await build(request, workshop, log, signal)
      return { artifact, reused, seconds: (performance.now() - started) / 1000 }
    } finally {
      await log.close()
    }
  } catch (error) {
    if (signal.aborted || !isDiskFull(error)) throw error
    throw new NaruError('build.disk-full', { build: request.number }, { cause: error })
  }
}

async function build(
  request: BuildRequest,
  workshop: Workshop,
  log: BuildLog,
  signal: AbortSignal,
) {
  const { app, number, commit, spec } = request
  const started = performance.now()
  await log.note({ is: 'begun', build: number, app, commit: commit.slice(0, 10) })
  const machine = thisMachine(workshop.host, workshop.runAs)
  const { recipe, foreign } = await findPlan(workshop, spec, machine)
  for (const reason of recipe.reasons) await log.note({ is: 'reason', reason })
  for (const note of foreign) await log.note({ is: 'foreign', note })
  const digest = await digestOf(request, recipe, workshop, machine)
  const folder = join(workshop.folders.slugs, digest)
  const reused = await alone(folder, async () => {
    if ((await isFinished(folder)) && (wasJustFinished(folder) || (await workshop.kept(digest))))
      return true
    const mark = randomId(24)
    await makeSlug({ app, number, spec, folder, recipe, workshop, log, mark, signal })
    finishedAt.set(folder, performance.now())
    return false
  })
  const seconds = (performance.now() - started) / 1000
  await log.note(reused ? { is: 'reused' } : { is: 'ready', seconds })
  return { artifact: artifactOf(app, digest, folder, recipe), reused }
}

function artifactOf(app: string, digest: string, folder: string, recipe: Recipe): Artifact {
  const { services, jobs, environment, site, workingFolder = '.' } = recipe
  // A site is all that is left of its slug.
  return {
    digest,
    app,
    body: { kind: 'slug', folder },
    services,
    jobs,
    environment,
    workingFolder: site ? '.' : workingFolder,
  }
}

async function digestOf(
  { app, tree, spec }: BuildRequest,
  recipe: Recipe,
  workshop: Workshop,
  machine: Machine,
): Promise<string> {
  return slugDigest({
    app,
    tree,
    appFolder: spec.build.folder,
    recipe,
    // Without a step there is nobody who could read a setting.
    environment: recipe.steps.length === 0 ? {} : workshop.environment,
    machine,
    staticServer: recipe.kind === 'static' ? await readFile(workshop.staticServer, 'utf8') : '',
  })
}

/** When this process finished a slug: it need not be on record yet. */
const finishedAt = new Map<string, number>()

function wasJustFinished(folder: string): boolean {
  const oldest = performance.now() - 60_000
  for (const [slug, at] of finishedAt) if (at < oldest) finishedAt.delete(slug)
  return finishedAt.has(folder)
}

const busy = new Map<string, Promise<unknown>>()

/** One at a time for each slug: two environments may be pushed the same commit at once. */
async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = busy.get(folder) ?? Promise.resolve()
  const mine = before.then(work, work)
  busy.set(folder, mine)
  try {
    return await mine
  } finally {
    if (busy.get(folder) === mine) busy.delete(folder)
  }
}
