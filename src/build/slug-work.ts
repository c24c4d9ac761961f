import { chown, mkdir, utimes } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { sayDuration } from '../base/duration.ts'
import { removeTree } from '../base/tree.ts'
import type { Spec } from '../model/spec.ts'
import type { Account } from './account.ts'
import { type Dependencies, dependenciesIn } from './dependencies.ts'
import { markName } from './environment.ts'
import { lendHostFiles } from './host-files.ts'
import { removeLeavings } from './leavings.ts'
import type { BuildLog } from './log.ts'
import { endMarked } from './process-group.ts'
import type { Recipe, Step } from './recipe-types.ts'
import { keepSite } from './site-folder.ts'
import { addStaticServer, beginSlug, closeToAccount, discardSlug, finishSlug } from './slug.ts'
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
  const dependencies = dependenciesIn(folders.dependencies, runAs)
  // Named by the build, so that the same build after a crash finds what it left.
  const temporary = join(folders.temporary, `${work.app}-build-${work.number}`)
  try {
    await beginSlug(folder, mark, runAs)
    await removeTree(temporary)
    await makeFolder(temporary, runAs)
    await makeFolder(folders.buildHome, runAs)
    const timeLimitSeconds = spec.build.timeoutSeconds
    const run = stepRunner({ ...work, temporary, timeLimitSeconds, times })
    await run({ name: 'files', command: unpack(folder, spec, recipe) }, await workshop.archive())
    let last: Step | null = null
    try {
      last = await runSteps(work, run, dependencies)
    } finally {
      if (recipe.steps.length > 0) await endMarked(`${markName}=${mark}`)
    }
    signal.throwIfAborted()
    await closeToAccount(folder, runAs)
    await dropLeavings(work)
    if (recipe.kind === 'static') await addStaticServer(folder, workshop.staticServer)
    await finishSlug(folder, runAs)
    const made = last
    if (made !== null) workshop.afterwards(() => dependencies.store(cacheOf(made), folder, false))
    const seconds = (performance.now() - started) / 1000
    const slowest = times.slowest(seconds)
    if (slowest !== null) await log.line(`slowest  ${slowest} of ${sayDuration(seconds)}`)
  } catch (error) {
    await discardSlug(folder)
    throw error
  } finally {
    await removeTree(temporary)
  }
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
    const removed = await removeLeavings(folder, paths)
    if (removed > 0)
      await log.line(`prune  ${sayFolders(removed)} that only the build needs  ${since(started)}`)
    return
  }
  const kept = await keepSite(folder, workingFolder, site.folders, number)
  await log.line(`site  ${kept}/ is all that is kept`)
}

const sayFolders = (count: number): string => (count === 1 ? 'a folder' : `${count} folders`)

/** Whether something of what the steps made is removed in the end. */
const isCutDown = ({ site, leaves = [] }: Recipe): boolean =>
  site !== undefined || leaves.length > 0

/** Answers with a last step whose result is in the finished slug as it made it, and can be kept from there. */
async function runSteps(
  { folder, recipe, workshop, log }: SlugWork,
  run: StepRunner,
  dependencies: Dependencies,
): Promise<Step | null> {
  const { host, folders, runAs } = workshop
  if (recipe.steps.length === 0) return null
  const lent = await lendHostFiles(host, folders.buildHome, runAs)
  try {
    for (const [index, step] of recipe.steps.entries()) {
      const changing = index < recipe.steps.length - 1
      if (await restored(step, dependencies, folder, changing, log)) continue
      await run(step)
      if (step.cached === undefined) continue
      if (changing || isCutDown(recipe)) await dependencies.store(cacheOf(step), folder, changing)
      else return step
    }
    return null
  } finally {
    await lent.take()
    // When the caches in it were used last.
    await utimes(folders.buildHome, new Date(), new Date())
  }
}

const cacheOf = ({ cached = '', keeps = ['node_modules'], moved = [] }: Step) => ({
  key: cached,
  keeps,
  moved,
})

async function restored(
  step: Step,
  dependencies: Dependencies,
  folder: string,
  changing: boolean,
  log: BuildLog,
): Promise<boolean> {
  const started = performance.now()
  if (step.cached === undefined) return false
  if (!(await dependencies.restore(cacheOf(step), folder, changing))) return false
  await log.line(`${step.name}  from cache  ${since(started)}`)
  return true
}

async function makeFolder(path: string, runAs: Account | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o711 })
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (runAs !== null) await chown(path, runAs.uid, runAs.gid)
}

const since = (startedMs: number): string => sayDuration((performance.now() - startedMs) / 1000)
