import { NaruError } from '../base/error.ts'
import type { OpenCommand, Terminal } from '../engine/engine.ts'
import type { Place } from '../model/environment.ts'
import type { Instance, InstanceId } from '../model/instance.ts'
import type { Release } from '../model/release.ts'
import type { Command } from '../model/spec.ts'
import { requireEnvironment } from '../store/environments.ts'
import type { Parts } from './parts.ts'
import { servingIn } from './serving.ts'
import { bodyOf, environmentOf } from './sets.ts'

/** `within`: an instance of what serves instead of a program of its own; `instance` null: the one that has run the longest. */
export type CommandWish = {
  command: Command
  terminal: Terminal | null
  within: { service: string; instance: string | null } | null
}
export type ReleaseCommand = { release: number; running: OpenCommand }

/**
 * Starts a command as a program of the release that serves, with its settings and secrets, or in one of its instances.
 * Throws `run.no-release`, `run.no-terminal`, `artifact.missing`, `instance.unknown`, `instance.gone`, `engine.start-failed`.
 */
export async function openCommand(
  parts: Parts,
  place: Place,
  { command, terminal, within }: CommandWish,
  by: string,
): Promise<ReleaseCommand> {
  const { store, engine, log } = parts
  const { app, environment } = place
  const { release } = await servingIn(store.db, await requireEnvironment(store.db, place))
  if (release === null) throw new NaruError('run.no-release', { app, environment })
  if (within !== null) {
    const instance = await instanceOf(parts, release, within)
    const wanted = { place: { app, environment }, instance, command, terminal }
    const running = await orNotStarted(() => engine.exec(wanted))
    log.info('a command is run in an instance by hand', { app, environment, instance, by })
    return { release: release.number, running }
  }
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

async function instanceOf(
  { engine }: Pick<Parts, 'engine'>,
  { app, environment, number }: Release,
  { service, instance }: NonNullable<CommandWish['within']>,
): Promise<InstanceId> {
  const serving = await engine.list({ app, environment, release: number })
  const running = serving.filter(({ pid, health }) => pid !== null && health !== 'stopping')
  const [found] = running
    .filter(({ id, set }) => set.service === service && (instance ?? id) === id)
    .sort(byUse)
  if (found !== undefined) return found.id
  const services = [...new Set(running.map(({ set }) => set.service))].sort()
  throw new NaruError('instance.unknown', { app, environment, service, instance, services })
}

/** The healthy first, then what has run the longest. */
const byUse = (a: Instance, b: Instance): number =>
  Number(b.health === 'healthy') - Number(a.health === 'healthy') ||
  Date.parse(a.startedAt) - Date.parse(b.startedAt)

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
