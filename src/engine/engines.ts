import { NaruError } from '../base/error.ts'
import type { ArtifactBody } from '../model/artifact.ts'
import { type EngineName, engineOf } from '../model/engine.ts'
import type { Instance, InstanceId } from '../model/instance.ts'
import type { Release } from '../model/release.ts'
import type { SetSpec } from '../model/set.ts'
import { Changes } from './changes.ts'
import type {
  Collected,
  CommandRun,
  Engine,
  InstanceCommand,
  InstanceFilter,
  JobEnd,
  JobRun,
  Keep,
  OpenCommand,
  RunFilter,
  Unsubscribe,
  Usage,
} from './engine.ts'

/** Whether anything, of one app or of any, can have been started by that engine. */
export type MayHave = (engine: EngineName, app?: string) => Promise<boolean>

/**
 * Several engines as one: what is to run goes to the one that can run its artifact, and what there is, is what all of
 * them have. One that does not answer is in the way of nothing that it has no part in. They share their log books.
 */
export class SeveralEngines implements Engine {
  readonly name: EngineName
  readonly can
  readonly #all = new Map<EngineName, Engine>()
  readonly #changes = new Changes()
  readonly #unwatch: Unsubscribe[] = []

  constructor(
    private readonly first: Engine,
    private readonly mayHave: MayHave,
  ) {
    this.name = first.name
    this.can = first.can
    this.add(first)
  }

  /** What it has counts from now on. */
  add(engine: Engine): void {
    this.#all.set(engine.name, engine)
    this.#unwatch.push(engine.watch(() => this.#changes.tell()))
    this.#changes.tell()
  }

  get each(): Engine[] {
    return [...this.#all.values()]
  }

  async prepare(release: Release, body: ArtifactBody): Promise<void> {
    await this.#of(body).prepare(release, body)
  }

  async ensure(set: SetSpec, count: number): Promise<void> {
    await this.#of(set.body).ensure(set, count)
  }

  async stop(instances: InstanceId[], graceSeconds: number): Promise<void> {
    const there = await Promise.all(this.each.map((engine) => this.#listed(engine)))
    const known = new Set(there.flatMap((some) => some ?? []).map(({ id }) => id))
    const unknown = instances.filter((id) => !known.has(id))
    await onAll(this.each, async (engine, index) => {
      // Stopping what another one has is stopping what is not there.
      const its = there[index] === null ? unknown : instances
      if (its.length > 0) await engine.stop(its, graceSeconds)
    })
  }

  async list(filter?: InstanceFilter): Promise<Instance[]> {
    const there = await onAll(this.each, async (engine) => {
      const instances = await this.#listed(engine, filter)
      return instances ?? engine.list(filter) // Which says why it does not answer.
    })
    return there.flat()
  }

  async usage(filter?: InstanceFilter): Promise<Usage[]> {
    const used = await onAll(this.each, async (engine) => {
      const there = await this.#listed(engine, filter)
      return there?.length === 0 ? [] : engine.usage(filter)
    })
    return used.flat()
  }

  watch(listener: () => void): Unsubscribe {
    return this.#changes.watch(listener)
  }

  async run(job: JobRun, cancel?: AbortSignal): Promise<JobEnd> {
    return this.#of(job.body).run(job, cancel)
  }

  async open(command: CommandRun): Promise<OpenCommand> {
    return this.#of(command.body).open(command)
  }

  async exec(command: InstanceCommand): Promise<OpenCommand> {
    const { app, environment } = command.place
    for (const engine of this.each) {
      const there = (await this.#listed(engine, { app, environment })) ?? []
      if (there.some(({ id }) => id === command.instance)) return engine.exec(command)
    }
    throw new NaruError('instance.gone', { app, environment, instance: command.instance })
  }

  async endRuns(filter: RunFilter, graceSeconds: number): Promise<void> {
    await onAll(this.each, (engine) => engine.endRuns(filter, graceSeconds))
  }

  logs(...asked: Parameters<Engine['logs']>): ReturnType<Engine['logs']> {
    return this.first.logs(...asked)
  }

  async collect(keep: Keep): Promise<Collected> {
    const collected = await onAll(this.each, (engine) => engine.collect(keep))
    return {
      artifacts: collected.reduce((sum, { artifacts }) => sum + artifacts, 0),
      bytes: collected.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  }

  async forget(of: InstanceFilter & { app: string }): Promise<void> {
    await onAll(this.each, async (engine) => {
      try {
        await engine.forget(of)
      } catch (error) {
        // The app's own artifacts are forgotten by then.
        if (!isAway(error) || (await this.mayHave(engine.name))) throw error
      }
    })
  }

  async close(): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch()
    this.#changes.close()
    await onAll(this.each, (engine) => engine.close())
  }

  #of(body: ArtifactBody): Engine {
    const name = engineOf(body)
    const engine = this.#all.get(name)
    if (engine === undefined)
      throw new Error(`an artifact needs the ${name} engine, which is not used here`)
    return engine
  }

  /** Null: it does not answer, and may have some. */
  async #listed(engine: Engine, filter?: InstanceFilter): Promise<Instance[] | null> {
    try {
      return await engine.list(filter)
    } catch (error) {
      if (!isAway(error)) throw error
      return (await this.mayHave(engine.name, filter?.app)) ? null : []
    }
  }
}

/** Whether it says that an engine does not answer: what it runs is not known, and may run on. */
export const isAway = (error: unknown): error is NaruError<'engine.unavailable'> =>
  error instanceof NaruError && error.code === 'engine.unavailable'

/** Every one has its turn, whatever becomes of the others; what the first that failed says is thrown then. */
async function onAll<T>(
  each: readonly Engine[],
  act: (engine: Engine, index: number) => Promise<T>,
): Promise<T[]> {
  const ends = await Promise.allSettled(each.map(act))
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
}
