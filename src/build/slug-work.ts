import { chown, mkdir, utimes } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { makeCgroup } from '../base/cgroup.ts'
import { removeTree } from '../base/tree.ts'
import type { Spec } from '../model/spec.ts'
import type { Account } from './account.ts'
import { dependenciesIn } from './dependencies.ts'
import { markName } from './environment.ts'
import { lendHostFiles } from './host-files.ts'
import { type Installs, installsOf } from './installs.ts'
import { removeLeavings } from './leavings.ts'
import type { BuildLog } from './log.ts'
import { endMarked } from './process-group.ts'
import type { Recipe } from './recipe-types.ts'
import { keepSite } from './site-folder.ts'
import {
  addStaticServer,
  beginSlug,
  cgroupOf,
  closeToAccount,
  discardSlug,
  finishSlug,
} from './slug.ts'
import { type StepRunner, stepRunner } from './step-runner.ts'
import { stepTimes } from './step-times.ts'
import type { Workshop } from './workshop.ts'

export type SlugWork = {
  app: string
  number: number
  spec: Spec
  /** Final path of the slug. */
  folder: string
  recipe: Recipe
  workshop: Workshop
  log: BuildLog
  /** Unique to this build. */
  mark: string
  signal: AbortSignal
}

/** Makes a slug from nothing and freezes it; removes all of it when that fails. */
export async function makeSlug(work: SlugWork): Promise<void> {
  const { folder, spec, recipe, workshop, log, mark, signal } = work
  const { runAs, folders } = workshop
  const started = performance.now()
  const times = stepTimes()
  const installs = installsOf(folder, recipe, dependenciesIn(folders.dependencies, runAs))
  // Named by the build, so that the same build after a crash finds what it left.
  const temporary = join(folders.temporary, `${work.app}-build-${work.number}`)
  const cgroup = recipe.steps.length === 0 ? null : await makeCgroup(cgroupOf(mark))
  try {
    await beginSlug(folder, mark, runAs)
    await removeTree(temporary)
    await makeFolder(temporary, runAs)
    await makeFolder(folders.buildHome, runAs)
    const timeLimitSeconds = spec.build.timeoutSeconds
    const run = stepRunner({ ...work, temporary, cgroup, timeLimitSeconds, times })
    await run({ name: 'files', command: unpack(folder, spec, recipe) }, await workshop.archive())
    try {
      await runSteps(work, run, installs)
      signal.throwIfAborted()
    } catch (error) {
      await endSteps(work)
      // The next build, of what is mended, need not install it again.
      // What cannot be kept is installed again; why the build failed is what counts.
      await installs.settle(true).catch(() => {})
      throw error
    }
    await endSteps(work)
    await installs.settle(false)
    await dropLeavings(work)
    if (recipe.kind === 'static') await addStaticServer(folder, workshop.staticServer)
    await finishSlug(folder, runAs, installs.frozen())
    const seconds = (performance.now() - started) / 1000
    const slowest = times.slowest(seconds)
    if (slowest.length > 0) await log.note({ is: 'slowest', steps: slowest, seconds })
  } catch (error) {
    await discardSlug(folder)
    throw error
  } finally {
    await cgroup?.remove()
    await removeTree(temporary)
    if (recipe.steps.length > 0) workshop.afterwards((next) => installs.keep(next))
  }
}

/** Nothing of the steps runs after it, and nothing that they left can write to the slug. */
async function endSteps({ folder, recipe, workshop, mark }: SlugWork): Promise<void> {
  if (recipe.steps.length > 0) await endMarked(`${markName}=${mark}`)
  await closeToAccount(folder, workshop.runAs)
}

/** The commit's files, or only those of the app's folder, which becomes the slug's root. */
function unpack(slug: string, { build: { folder } }: Spec, { workingFolder }: Recipe) {
  const all = ['tar', '-x', '-m', '-f', '-', '-C', slug] as const
  if (folder === '.' || workingFolder !== undefined) return all
  const depth = posix.normalize(folder).split('/').length
  return [...all, `--strip-components=${depth}`, '--', folder] as const
}

async function dropLeavings({ folder, recipe, log, number }: SlugWork): Promise<void> {
  const { leaves = [], site, workingFolder = '.' } = recipe
  if (site === undefined) {
    const started = performance.now()
    const paths = leaves.map((leaf) => posix.join(workingFolder, leaf))
    const folders = await removeLeavings(folder, paths)
    if (folders > 0) await log.note({ is: 'pruned', folders, seconds: since(started) })
    return
  }
  const kept = await keepSite(folder, workingFolder, site.folders, number)
  await log.note({ is: 'site', folder: kept })
}

async function runSteps(
  { recipe, workshop, log }: SlugWork,
  run: StepRunner,
  installs: Installs,
): Promise<void> {
  const { host, folders, runAs } = workshop
  if (recipe.steps.length === 0) return
  const lent = await lendHostFiles(host, folders.buildHome, runAs)
  try {
    for (const [index, step] of recipe.steps.entries()) {
      const started = performance.now()
      if (await installs.restored(step, index)) {
        await log.note({ is: 'cached', step: step.name, seconds: since(started) })
        continue
      }
      await run(step)
      await installs.made(step, index)
    }
  } finally {
    await lent.take()
    // When the caches in it were used last.
    await utimes(folders.buildHome, new Date(), new Date())
  }
}

async function makeFolder(path: string, runAs: Account | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o711 })
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (runAs !== null) await chown(path, runAs.uid, runAs.gid)
}

const since = (startedMs: number): number => (performance.now() - startedMs) / 1000
