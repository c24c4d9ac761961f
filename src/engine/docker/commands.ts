import { randomId } from '../../base/id.ts'
import type { Place } from '../../model/environment.ts'
import type { CommandRun, InstanceCommand, OpenCommand, RunFilter } from '../engine.ts'
import { type StartedCommand, startCommand } from './command.ts'
import { removeContainer } from './ending.ts'
import { execIn } from './exec.ts'
import { filterOf, label } from './labels.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** The commands that people run by hand; none outlives its server. */
export class Commands {
  readonly #around: DockerSurroundings
  readonly #running = new Map<string, { place: Place; command: Promise<StartedCommand> }>()
  #hasEndedLeftovers = false

  constructor(around: DockerSurroundings) {
    this.#around = around
  }

  /** Removes what a server that died has left. Safe to repeat: the commands of this one stay. */
  async endLeftovers(): Promise<void> {
    if (this.#hasEndedLeftovers) return
    const { daemon, server } = this.#around
    const left = await daemon.call((docker, abortSignal) =>
      docker.listContainers({
        all: true,
        filters: filterOf(server, { [label.kind]: 'command' }),
        abortSignal,
      }),
    )
    const ours = (id: string | undefined) => id !== undefined && this.#running.has(id)
    for (const { Id, Labels } of left)
      if (!ours(Labels[label.id])) await removeContainer(this.#around, Id)
    this.#hasEndedLeftovers = true
  }

  open(spec: CommandRun): Promise<OpenCommand> {
    return this.#open(spec.place, (id) => startCommand(this.#around, id, spec))
  }

  /** In a container that runs. */
  openIn(container: string, command: Omit<InstanceCommand, 'instance'>): Promise<OpenCommand> {
    return this.#open(command.place, () => execIn(this.#around, container, command))
  }

  async #open(place: Place, start: (id: string) => Promise<StartedCommand>): Promise<OpenCommand> {
    if (this.#around.closing.aborted) throw new Error('the engine was closed')
    const id = `command-${randomId()}`
    const command = start(id)
    this.#running.set(id, { place, command })
    const forget = () => this.#running.delete(id)
    try {
      const started = await command
      started.gone.then(forget, (error: unknown) => {
        forget()
        if (!this.#around.closing.aborted)
          this.#around.log.error('a command is not cleaned up after', error, { id })
      })
      return started
    } catch (error) {
      forget()
      throw error
    }
  }

  async end({ app, environment, run }: RunFilter, graceSeconds: number): Promise<void> {
    if (run !== undefined) return // A job's.
    const ending = [...this.#running.values()].filter(
      ({ place }) =>
        (app === undefined || place.app === app) &&
        (environment === undefined || place.environment === environment),
    )
    await Promise.all(
      ending.map(async ({ command }) => (await started(command))?.end(graceSeconds)),
    )
  }

  /** Before the engine is closed, whose signal would end the waiting for them. */
  close(): Promise<void> {
    return this.end({}, 0)
  }
}

/** Null for one that could not be started, of which whoever asked is told. */
const started = (command: Promise<StartedCommand>): Promise<StartedCommand | null> =>
  command.catch(() => null) // Whoever asked for it is told.
