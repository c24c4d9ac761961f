import { NaruError } from '../base/error.ts'
import type { OpenCommand, Terminal } from '../engine/engine.ts'
import type { Place } from '../model/environment.ts'
import type { Command } from '../model/spec.ts'
import { requireEnvironment } from '../store/environments.ts'
import type { Parts } from './parts.ts'
import { servingIn } from './serving.ts'
import { bodyOf, environmentOf } from './sets.ts'

export type CommandWish = { command: Command; terminal: Terminal | null }
export type ReleaseCommand = { release: number; running: OpenCommand }

/**
 * Starts a command as a program of the release that serves, with its settings and secrets. Throws `run.no-release`,
 * `run.no-terminal`, `artifact.missing`, `engine.start-failed`.
 */
export async function openCommand(
  { store, engine, log }: Parts,
  place: Place,
  { command, terminal }: CommandWish,
  by: string,
): Promise<ReleaseCommand> {
  const { app, environment } = place
  const { release } = await servingIn(store.db, await requireEnvironment(store.db, place))
  if (release === null) throw new NaruError('run.no-release', { app, environment })
  const body = await bodyOf(store, release)
  const { number, commit } = release
  const variables = await environmentOf(store, release)
  const running = await orNotStarted(async () => {
    await engine.prepare(release, body)
    return engine.open({
      place: { app, environment },
      release: number,
      commit,
      body,
      command,
      environment: variables,
      terminal,
    })
  })
  // Never the command itself: people put secrets into those.
  log.info('a command is run by hand', { app, environment, release: number, by })
  return { release: number, running }
}

/** What the system refuses, such as room on the disk, is no mistake in Naru. */
async function orNotStarted<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const facts = { instance: 'the command', reason: error.message }
    throw new NaruError('engine.start-failed', facts, { cause: error })
  }
}
