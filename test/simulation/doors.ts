import { NaruError } from '../../src/base/error.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { setKey } from '../../src/model/set.ts'
import type { Router } from '../../src/route/router.ts'
import type { Gateway } from './gateway.ts'
import type { Life } from './life.ts'
import type { Machine } from './machine.ts'
import { WorldFault } from './surroundings.ts'

/** The engine as one server has it. `watchers` are told of changes until the server is gone. */
export function engineOf(life: Life, machine: Machine, watchers: Set<() => void>): Engine {
  const call: Life['call'] = (name, effect, options) =>
    life.call(name, effect, { mayFail: true, ...options })
  return {
    name: 'process',
    can: { limits: false, volumes: false, exec: false },
    prepare: (release) =>
      call(`prepare v${release.number}`, () => {
        const { app, environment, number, artifact } = release
        if (!machine.artifacts.has(release.commit))
          throw new NaruError('artifact.missing', {
            app,
            environment,
            release: number,
            digest: artifact,
          })
      }),
    ensure: (spec, count) =>
      call(`ensure ${count} of ${setKey(spec.set)}`, () => machine.ensure(spec, count), {
        meanMs: 5,
      }),
    stop: (ids, graceSeconds) =>
      call(`stop ${ids.join(' ')}`, () => machine.stop(ids, graceSeconds)),
    list: (filter) => call('list', () => machine.list(filter), { often: true }),
    watch: (listener) => {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    run: (run, cancel) =>
      new Promise((resolve, reject) => {
        life.call(`run job ${run.job}`, () => machine.run(run, cancel)).then(resolve, reject)
        life.onClose(() => reject(new WorldFault('the engine was closed')))
      }),
    usage: async () => [],
    exec: () => Promise.reject(new WorldFault('there is nothing to run a command in')),
    open: () => Promise.reject(new WorldFault('there is nothing to run a command with')),
    endRuns: (filter) => call('end runs', () => machine.endRuns(filter)),
    async *logs() {},
    collect: ({ artifacts }) =>
      call('collect', () => {
        for (const commit of machine.artifacts)
          if (!artifacts.has(`sha256-${commit}`)) machine.artifacts.delete(commit)
        return { artifacts: 0, bytes: 0 }
      }),
    forget: (of) => call(`forget ${of.app}`, () => machine.forget(of)),
    close: async () => {},
  }
}

/** The router as one server has it: a call waits for one that is being started again, but not for ever. */
export function routerOf(life: Life, gateway: Gateway, watchers: Set<() => void>): Router {
  const ask = async <T>(name: string, effect: () => T | Promise<T>, meanMs = 1): Promise<T> => {
    for (;;) {
      if (!(await life.call('is the router there', () => gateway.whenUp(), { often: true })))
        throw new NaruError('router.down', { reason: 'it is being started again' })
      try {
        return await life.call(name, effect, { meanMs })
      } catch (error) {
        if (!(error instanceof WorldFault)) throw error // It has died meanwhile: the next one is asked.
      }
    }
  }
  return {
    apply: (table) => ask(`apply table ${table.number}`, () => gateway.apply(table), 2),
    served: () => ask('which table is served', () => gateway.served()),
    traffic: async () => [],
    drain: (instance, graceSeconds) =>
      ask(`drain ${instance}`, () => gateway.drain(instance, graceSeconds)),
    watch: (listener) => {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
  }
}
