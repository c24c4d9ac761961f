import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Cgroup } from '../base/cgroup.ts'
import { NaruError } from '../base/error.ts'
import { saysDiskFull } from './disk-full.ts'
import { markName, stepEnvironment } from './environment.ts'
import type { BuildLog } from './log.ts'
import { type Recipe, type Step, sayCommand } from './recipe-types.ts'
import { runStep, type StepEnd } from './step.ts'
import type { StepTimes } from './step-times.ts'
import type { Workshop } from './workshop.ts'

export type StepContext = {
  app: string
  number: number
  /** The slug. */
  folder: string
  temporary: string
  cgroup: Cgroup | null
  recipe: Recipe
  timeLimitSeconds: number
  workshop: Workshop
  log: BuildLog
  times: StepTimes
  mark: string
  signal: AbortSignal
}

/** A step called `files` is the one that unpacks the commit. */
export type StepRunner = (step: Step, input?: Readable) => Promise<void>

/**
 * Runs steps within the time that the build has from now on, and logs what each does and how long it took. Throws
 * `build.step-failed`, `build.timed-out` for all that takes longer than it may, `build.disk-full` where that is why.
 */
export function stepRunner(context: StepContext): StepRunner {
  const { number, log, times, signal, timeLimitSeconds } = context
  const limit = AbortSignal.timeout(timeLimitSeconds * 1000)
  const run = async (step: Step, input: Readable | undefined): Promise<StepEnd | 'late'> => {
    const options = { ...optionsOf(context, step), signal: AbortSignal.any([signal, limit]) }
    try {
      return await runStep(step.command, input === undefined ? options : { ...options, input })
    } catch (error) {
      if (!signal.aborted && error === limit.reason) return 'late'
      if (!isNotThere(error)) throw error
      await log.note({ is: 'not-startable', command: sayCommand(step.command) })
      return { exitCode: 127, signal: null }
    }
  }
  return async (step, input) => {
    const { name, command } = step
    const started = performance.now()
    const seconds = () => (performance.now() - started) / 1000
    const title = { step: name, command: name === 'files' ? null : sayCommand(command) }
    if (name !== 'files') await log.note({ is: 'step-begun', ...title })
    try {
      const end = await run(step, input)
      times.add(name, seconds())
      if (end !== 'late' && end.exitCode === 0)
        return await log.note({ is: 'step-done', ...title, seconds: seconds() })
      const full = log.tail(20).some(saysDiskFull)
      await log.note({ ...endOf(end, timeLimitSeconds), ...title, seconds: seconds() })
      if (full) throw new NaruError('build.disk-full', { build: number })
      if (end === 'late') {
        const facts = { build: number, step: name, limitSeconds: timeLimitSeconds }
        throw new NaruError('build.timed-out', facts)
      }
      throw new NaruError('build.step-failed', {
        build: number,
        step: name,
        ...end,
        seconds: Math.round(seconds() * 10) / 10,
      })
    } catch (error) {
      if (signal.aborted) await log.note({ is: 'step-cancelled', ...title, seconds: seconds() })
      throw error
    }
  }
}

function optionsOf(
  { app, folder, temporary, cgroup, recipe, workshop, log, mark }: StepContext,
  step: Step,
) {
  const { host, environment, folders, runAs } = workshop
  const { workingFolder = '.', environment: variables } = recipe
  const home = folders.buildHome
  const place = { app, folder, workingFolder, variables, runAs, home, temporary, mark }
  return {
    folder: step.name === 'files' ? folder : join(folder, step.folder ?? workingFolder),
    environment: stepEnvironment(host, environment, place),
    mark: `${markName}=${mark}`,
    runAs,
    cgroup,
    output: () => log.output('  '),
  }
}

/** Where no other program stands between: a shell would say 127 of a program that is not there. */
const isNotThere = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn')

function endOf(end: StepEnd | 'late', limitSeconds: number) {
  if (end === 'late') return { is: 'step-late', limitSeconds } as const
  const { signal, exitCode } = end
  return signal === null
    ? ({ is: 'step-failed', exitCode } as const)
    : ({ is: 'step-killed', signal } as const)
}
