import { describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { SeveralEngines } from '../../src/engine/engines.ts'
import type { Instance } from '../../src/model/instance.ts'

const away = () => new NaruError('engine.unavailable', { engine: 'docker', reason: 'no socket' })

/** An engine whose instances are of these apps, each with the app's name as its id, and what it was asked to do. */
function engineWith(name: 'process' | 'docker', apps: string[], answers = true) {
  const done: string[] = []
  const asked = (what: string): void => {
    if (!answers) throw away()
    done.push(what)
  }
  const engine: Partial<Engine> = {
    name,
    async list(filter = {}) {
      if (!answers) throw away()
      const found = apps.map((app) => ({ id: app, set: { app } }) as Instance)
      return found.filter(({ set }) => filter.app === undefined || filter.app === set.app)
    },
    watch: () => () => {},
    stop: async (ids) => asked(`stop ${ids.join(' ')}`),
    forget: async ({ app }) => asked(`forget ${app}`),
    collect: async () => {
      asked('collect')
      return { artifacts: 1, bytes: 10 }
    },
  }
  return { engine: engine as Engine, done }
}

const names = (instances: Instance[]) => instances.map(({ id }) => id)

describe('several engines', () => {
  const both = (answers: boolean) => {
    const runs = engineWith('process', ['plain', 'mixed'])
    const docker = engineWith('docker', ['boxed', 'mixed'], answers)
    const mayHave = async (engine: string, app?: string) =>
      engine === 'process' || app === undefined || ['boxed', 'mixed'].includes(app)
    const merged = new SeveralEngines(runs.engine, mayHave)
    merged.add(docker.engine)
    return { merged, runs, docker }
  }

  it('have what each of them has', async () => {
    const { merged, runs, docker } = both(true)
    expect(names(await merged.list())).toEqual(['plain', 'mixed', 'boxed', 'mixed'])
    expect(await merged.collect({ artifacts: new Set(), apps: new Set() })).toEqual({
      artifacts: 2,
      bytes: 20,
    })
    expect([runs.done, docker.done]).toEqual([['collect'], ['collect']])
  })

  it('with one away tell what it has no part in, and nothing that it may have', async () => {
    const { merged } = both(false)
    expect(names(await merged.list({ app: 'plain' }))).toEqual(['plain'])
    await expect(merged.list({ app: 'boxed' })).rejects.toMatchObject({
      code: 'engine.unavailable',
    })
    await expect(merged.list({ app: 'mixed' })).rejects.toMatchObject({
      code: 'engine.unavailable',
    })
    await expect(merged.list()).rejects.toMatchObject({ code: 'engine.unavailable' })
  })

  it('with one away stop what another one has, and say so of what nobody knows', async () => {
    const { merged, runs } = both(false)
    await merged.stop(['plain'], 1)
    await expect(merged.stop(['plain', 'boxed'], 1)).rejects.toMatchObject({
      code: 'engine.unavailable',
    })
    expect(runs.done).toEqual(['stop plain', 'stop plain boxed'])
  })

  it('with one away forget nothing for good that it may keep, and have the others clean up', async () => {
    const { merged, runs } = both(false)
    await expect(merged.forget({ app: 'plain' })).rejects.toMatchObject({
      code: 'engine.unavailable',
    })
    await expect(merged.collect({ artifacts: new Set(), apps: new Set() })).rejects.toMatchObject({
      code: 'engine.unavailable',
    })
    expect(runs.done).toEqual(['forget plain', 'collect'])
  })
})
