import type { ArtifactBody } from '../model/artifact.ts'
import { type EngineName, engineOf } from '../model/engine.ts'
import type { Engine } from './engine.ts'

/**
 * Several engines as one: what is to run goes to the one that can run its artifact, and what there is, is what all of
 * them have. They share their log books.
 */
export function engines(
  all: Readonly<Partial<Record<EngineName, Engine>>> & { process: Engine },
): Engine {
  const each = Object.values(all)
  const of = (body: ArtifactBody): Engine => {
    const name = engineOf(body)
    const engine = all[name]
    if (engine === undefined)
      throw new Error(`an artifact needs the ${name} engine, which is not used here`)
    return engine
  }
  return {
    name: all.process.name,
    can: all.process.can,
    prepare: async (release, body) => of(body).prepare(release, body),
    ensure: async (set, count) => of(set.body).ensure(set, count),
    // Stopping what another one has is stopping what is not there.
    stop: async (instances, graceSeconds) => {
      await Promise.all(each.map((engine) => engine.stop(instances, graceSeconds)))
    },
    list: async (filter) => (await Promise.all(each.map((engine) => engine.list(filter)))).flat(),
    watch(listener) {
      const unsubscribes = each.map((engine) => engine.watch(listener))
      return () => {
        for (const unsubscribe of unsubscribes) unsubscribe()
      }
    },
    run: async (job, cancel) => of(job.body).run(job, cancel),
    open: async (command) => of(command.body).open(command),
    endRuns: async (filter, graceSeconds) => {
      await Promise.all(each.map((engine) => engine.endRuns(filter, graceSeconds)))
    },
    logs: (filter, signal) => all.process.logs(filter, signal),
    async collect(keep) {
      const collected = await Promise.all(each.map((engine) => engine.collect(keep)))
      return {
        artifacts: collected.reduce((sum, { artifacts }) => sum + artifacts, 0),
        bytes: collected.reduce((sum, { bytes }) => sum + bytes, 0),
      }
    },
    forget: async (place) => {
      await Promise.all(each.map((engine) => engine.forget(place)))
    },
    close: async () => {
      await Promise.all(each.map((engine) => engine.close()))
    },
  }
}
