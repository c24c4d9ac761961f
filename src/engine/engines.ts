import { NaruError } from '../base/error.ts'
import type { ArtifactBody } from '../model/artifact.ts'
import { type EngineName, engineOf } from '../model/engine.ts'
import type { Instance } from '../model/instance.ts'
import type { Engine, InstanceFilter } from './engine.ts'

export type SeveralEngines = Readonly<Partial<Record<EngineName, Engine>>> & { process: Engine }

/** Whether anything, of one app or of any, can have been started by that engine. */
export type MayHave = (engine: EngineName, app?: string) => Promise<boolean>

/**
 * Several engines as one: what is to run goes to the one that can run its artifact, and what there is, is what all of
 * them have. One that does not answer is in the way of nothing that it has no part in. They share their log books.
 */
export function engines(all: SeveralEngines, mayHave: MayHave): Engine {
  const each = Object.values(all)
  const of = (body: ArtifactBody): Engine => {
    const name = engineOf(body)
    const engine = all[name]
    if (engine === undefined)
      throw new Error(`an artifact needs the ${name} engine, which is not used here`)
    return engine
  }

  /** Null: it does not answer, and may have some. */
  const listed = async (engine: Engine, filter?: InstanceFilter): Promise<Instance[] | null> => {
    try {
      return await engine.list(filter)
    } catch (error) {
      if (!isAway(error)) throw error
      return (await mayHave(engine.name, filter?.app)) ? null : []
    }
  }

  return {
    name: all.process.name,
    can: all.process.can,
    prepare: async (release, body) => of(body).prepare(release, body),
    ensure: async (set, count) => of(set.body).ensure(set, count),
    async stop(instances, graceSeconds) {
      const there = await Promise.all(each.map((engine) => listed(engine)))
      const known = new Set(there.flatMap((some) => some ?? []).map(({ id }) => id))
      const unknown = instances.filter((id) => !known.has(id))
      await onAll(each, async (engine, index) => {
        // Stopping what another one has is stopping what is not there.
        const its = there[index] === null ? unknown : instances
        if (its.length > 0) await engine.stop(its, graceSeconds)
      })
    },
    async list(filter) {
      const there = await onAll(each, async (engine) => {
        const instances = await listed(engine, filter)
        return instances ?? engine.list(filter) // Which says why it does not answer.
      })
      return there.flat()
    },
    watch(listener) {
      const unsubscribes = each.map((engine) => engine.watch(listener))
      return () => {
        for (const unsubscribe of unsubscribes) unsubscribe()
      }
    },
    run: async (job, cancel) => of(job.body).run(job, cancel),
    open: async (command) => of(command.body).open(command),
    endRuns: async (filter, graceSeconds) => {
      await onAll(each, (engine) => engine.endRuns(filter, graceSeconds))
    },
    logs: (filter, signal) => all.process.logs(filter, signal),
    async collect(keep) {
      const collected = await onAll(each, (engine) => engine.collect(keep))
      return {
        artifacts: collected.reduce((sum, { artifacts }) => sum + artifacts, 0),
        bytes: collected.reduce((sum, { bytes }) => sum + bytes, 0),
      }
    },
    forget: async (place) => {
      await onAll(each, async (engine) => {
        try {
          await engine.forget(place)
        } catch (error) {
          // The app's own artifacts are forgotten by then.
          if (!isAway(error) || (await mayHave(engine.name))) throw error
        }
      })
    },
    close: async () => {
      await onAll(each, (engine) => engine.close())
    },
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
