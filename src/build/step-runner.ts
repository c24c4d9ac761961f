import type { Readable } from 'node:stream'
import { sayDuration } from '../base/duration.ts'
import { NaruError } from '../base/error.ts'
import type { Command } from '../model/spec.ts'
import { saysDiskFull } from './disk-full.ts'
import { markName, stepEnvironment } from './environment.ts'
import type { BuildLog } from './log.ts'
import type { Step } from './recipe.ts'
import { runStep, type StepEnd } from './step.ts'
import type { Workshop } from './workshop.ts'

export type StepContext = {
  app: string
  number: number
  folder: string
  temporary: string
  workshop: Workshop
  log: BuildLog
  mark: string
  signal: AbortSignal
}

/** `files` is the step that unpacks the commit. */
export type StepRunner = (
  name: Step['name'] | 'files',
  command: Command,
  input?: Readable,
) => Promise<void>

const defaultTimeLimitSeconds = 20 * 60

/**
 * Runs steps within the time that the build has from now on, and logs what each does and how long it took.
 * Throws `build.step-failed` for one that fails or takes too long, `build.disk-full` where that is why.
 */
export function stepRunner({
  app,
  number,
  folder,
  temporary,
  workshop,
  log,
  mark,
  signal,
}: StepContext): StepRunner {
  const { host, environment, folders, runAs, timeLimitSeconds = defaultTimeLimitSeconds } = workshop
  const limit = AbortSignal.timeout(timeLimitSeconds * 1000)
  const options = {
    folder,
    environment: stepEnvironment(host, environment, {
      app,
      folder,
      home: folders.buildHome,
      temporary,
      mark,
    }),
    mark: `${markName}=${mark}`,
    runAs,
    output: () => log.output('  '),
    signal: AbortSignal.any([signal, limit]),
  }
  const run = async (command: Command, input: Readable | undefined): Promise<StepEnd | 'late'> => {
    try {
      return await runStep(command, input === undefined ? options : { ...options, input })
    } catch (error) {
      if (!signal.aborted && error === limit.reason) return 'late'
      throw error
    }
  }
  return async (name, command, input) => {
    const started = performance.now()
    const seconds = () => sayDuration((performance.now() - started) / 1000)
    const title = name === 'files' ? 'files  of the commit' : `${name}  ${sayCommand(command)}`
    if (name !== 'files') await log.line(`${title} …`)
    try {
      const end = await run(command, input)
      if (end !== 'late' && end.exitCode === 0) return await log.line(`${title}  ${seconds()}`)
      const full = log.tail(20).some(saysDiskFull)
      await log.line(`${title}  ${sayEnd(end, timeLimitSeconds)} after ${seconds()}`)
      if (full) throw new NaruError('build.disk-full', { build: number })
      const { exitCode, signal: ended } =
        end === 'late' ? { exitCode: null, signal: 'SIGTERM' } : end
      throw new NaruError('build.step-failed', {
        build: number,
        step: name,
        exitCode,
        signal: ended,
      })
    } catch (error) {
      if (signal.aborted) await log.line(`${title}  cancelled after ${seconds()}`)
      throw error
    }
  }
}

const sayCommand = (command: Command): string =>
  typeof command === 'string' ? command : command.join(' ')

function sayEnd(end: StepEnd | 'late', limitSeconds: number): string {
  if (end === 'late') return `ended by the time limit of ${sayDuration(limitSeconds)},`
  return end.signal === null ? `failed with exit code ${end.exitCode}` : `ended by ${end.signal}`
}
