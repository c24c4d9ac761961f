import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomId } from '../../base/id.ts'
import { carriersOf, livingProcesses } from '../../base/processes.ts'
import { removeTree } from '../../base/tree.ts'
import type { CommandRun, OpenCommand, RunFilter } from '../engine.ts'
import type { InUse } from './collect.ts'
import { type StartedCommand, startCommand } from './command.ts'
import { instanceVariable } from './environment.ts'
import { send } from './group.ts'
import type { InSlug } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

/** What commands get to end when the server does. */
const closeGraceSeconds = 2

type Running = { spec: InSlug<CommandRun>; command: Promise<StartedCommand> }

/** Commands that people run in a release. None outlives its server, since nobody could take up its streams again. */
export class Commands {
  readonly #surroundings: () => Surroundings
  readonly #running = new Map<string, Running>()

  constructor(surroundings: () => Surroundings) {
    this.#surroundings = surroundings
  }

  /** Ends what a server that died has left running. */
  async endLeftovers(): Promise<void> {
    const { commands, app: placesOf } = this.#surroundings().places
    for (const name of await readdir(commands)) {
      const dot = name.indexOf('.')
      const [app, id] = [name.slice(0, dot), name.slice(dot + 1)]
      for (const pid of carriersOf(livingProcesses(), instanceVariable, id)) send(pid, 'SIGKILL')
      await removeTree(placesOf(app).temporary(id))
      await rm(join(commands, name), { recursive: true, force: true })
    }
  }

  async open(spec: InSlug<CommandRun>): Promise<OpenCommand> {
    if (this.#surroundings().closing.aborted) throw new Error('the engine was closed')
    const { places, log } = this.#surroundings()
    const id = `command-${randomId()}`
    const folder = join(places.commands, `${spec.place.app}.${id}`)
    const command = startCommand(this.#surroundings(), id, folder, spec)
    this.#running.set(id, { spec, command })
    const remove = async () => {
      await removeTree(places.app(spec.place.app).temporary(id))
      await rm(folder, { recursive: true, force: true })
      this.#running.delete(id)
    }
    try {
      const started = await command
      started.gone
        .then(remove)
        .catch((error: unknown) => log.error('a command is not cleaned up after', error, { id }))
      return started
    } catch (error) {
      await remove()
      throw error
    }
  }

  async end({ app, environment, run }: RunFilter, graceSeconds: number): Promise<void> {
    if (run !== undefined) return
    const ending = [...this.#running.values()].filter(
      ({ spec: { place } }) =>
        (app === undefined || place.app === app) &&
        (environment === undefined || place.environment === environment),
    )
    // One that could not be started has told so.
    const commands = await Promise.allSettled(ending.map(({ command }) => command))
    await Promise.all(
      commands.map((it) => (it.status === 'fulfilled' ? it.value.end(graceSeconds) : undefined)),
    )
  }

  inUse(): InUse {
    const specs = [...this.#running.values()].map(({ spec }) => spec)
    return {
      apps: new Set(specs.map(({ place }) => place.app)),
      folders: new Set(specs.map(({ folder }) => folder)),
    }
  }

  close(): Promise<void> {
    return this.end({}, closeGraceSeconds)
  }
}
