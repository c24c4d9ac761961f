import { chown, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sayDuration } from '../base/duration.ts'
import { removeTree, treeBytes } from '../base/tree.ts'
import type { Account } from './account.ts'
import { type Dependencies, dependenciesIn } from './dependencies.ts'
import { markName } from './environment.ts'
import type { BuildLog } from './log.ts'
import { lendNpmrc } from './npmrc.ts'
import { endMarked } from './process-group.ts'
import type { Recipe, Step } from './recipe.ts'
import { addStaticServer, beginSlug, discardSlug, finishSlug } from './slug.ts'
import { type StepRunner, stepRunner } from './step-runner.ts'
import type { Workshop } from './workshop.ts'

const buildHomeBytes = 1024 * 1024 * 1024

export type SlugWork = {
  app: string
  number: number
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
  const { folder, recipe, workshop, mark, signal } = work
  const { runAs, folders } = workshop
  // Named by the build, so that the same build after a crash finds what it left.
  const temporary = join(folders.temporary, `${work.app}-build-${work.number}`)
  try {
    await beginSlug(folder, mark, runAs)
    await removeTree(temporary)
    await makeFolder(temporary, runAs)
    await makeFolder(folders.buildHome, runAs)
    const run = stepRunner({ ...work, temporary })
    await run('files', ['tar', '-x', '-m', '-f', '-', '-C', folder], await workshop.archive())
    await runSteps(work, run)
    if (recipe.steps.length > 0) await endMarked(`${markName}=${mark}`)
    signal.throwIfAborted()
    if (recipe.kind === 'static') await addStaticServer(folder, workshop.staticServer, runAs)
    await finishSlug(folder, runAs)
  } catch (error) {
    await discardSlug(folder)
    throw error
  } finally {
    await removeTree(temporary)
  }
}

async function runSteps(
  { folder, recipe, workshop, log }: SlugWork,
  run: StepRunner,
): Promise<void> {
  const { host, folders, runAs } = workshop
  if (recipe.steps.length === 0) return
  const dependencies = dependenciesIn(folders.dependencies, runAs)
  const npmrc = await lendNpmrc(host, folders.buildHome, runAs)
  try {
    for (const [index, step] of recipe.steps.entries()) {
      const changing = index < recipe.steps.length - 1
      if (await restored(step, dependencies, folder, changing, log)) continue
      await run(step.name, step.command)
      if (step.cached !== undefined) await dependencies.store(step.cached, folder, changing)
    }
  } finally {
    await npmrc.take()
    // Only caches live there, and none of them bounds itself.
    if ((await treeBytes(folders.buildHome)) > buildHomeBytes) await removeTree(folders.buildHome)
  }
}

async function restored(
  { name, cached }: Step,
  dependencies: Dependencies,
  folder: string,
  changing: boolean,
  log: BuildLog,
): Promise<boolean> {
  const started = performance.now()
  if (cached === undefined || !(await dependencies.restore(cached, folder, changing))) return false
  await log.line(`${name}  from cache  ${since(started)}`)
  return true
}

async function makeFolder(path: string, runAs: Account | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o711 })
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (runAs !== null) await chown(path, runAs.uid, runAs.gid)
}

const since = (startedMs: number): string => sayDuration((performance.now() - startedMs) / 1000)
