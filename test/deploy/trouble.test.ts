import { setTimeout as timePasses } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { listBuilds } from '../../src/store/builds.ts'
import { endWarm } from '../../src/store/environments.ts'
import { place, type Rig, rig, until } from './rig.ts'

const statuses = async (naru: Rig) =>
  (await naru.deployments()).map(({ rollout }) => rollout.status)

const ends = async (naru: Rig) =>
  (await naru.events())
    .filter(({ kind }) => kind === 'deployment.ended')
    .map(({ data }) => ('deployment' in data ? data.deployment : 0))

describe('a server that starts again', () => {
  it('ends what a newer push replaces once, and tells of one end', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    naru.spec.text = naru.spec.text.replace('healthy-for: 0s', 'healthy-for: 50s')
    naru.engine.healthyForMs = 0
    await naru.push('two')
    await until(() => expect(naru.engine.ensured).toContain('web@v2'))
    await naru.loops.close()
    // Its build had ended, and the server died before it could tell the older one to go.
    naru.router.onDrain = () => timePasses(100)
    naru.build.run = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('ended')))
      })
    await naru.naru.push(place, { commit: 'three', by: 'ada' })

    await naru.restart()

    await until(async () => expect((await statuses(naru))[1]).toBe('superseded'))
    await timePasses(500)
    expect(await ends(naru)).toEqual([1, 2])
    expect((await statuses(naru))[1]).toBe('superseded')
  })

  it('goes on with a deployment when the old release cannot be started', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    naru.spec.text = naru.spec.text.replace('settle: 0s', 'settle: 1s')
    await naru.push('two')
    await until(async () => expect((await statuses(naru)).at(-1)).toBe('baking'))
    await naru.loops.close()
    naru.engine.onEnsure = ({ set }) => {
      if (set.release === 1)
        throw new NaruError('artifact.missing', { app: 'shop', release: 1, digest: 'x' })
    }

    await naru.restart()

    await until(async () => expect(await naru.stable()).toBe(2))
  })

  it('asks for the stable release before it begins what waits', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.loops.close()
    await naru.naru.changeSettings(place, { set: { A: 'b' }, unset: [], deploy: true }, 'ada')
    naru.engine.ensured.length = 0

    await naru.restart()

    await until(() => expect(naru.engine.ensured.length).toBeGreaterThan(1))
    expect(naru.engine.ensured[0]).toBe('web@v1')
  })

  it('builds what was pushed while it started once', async () => {
    const naru = await rig()
    await naru.loops.close()
    let builds = 0
    const now = naru.build.run
    naru.build.run = async (job, signal) => {
      builds += 1
      await timePasses(100)
      return now(job, signal)
    }
    const ensure = naru.parts.source.ensure
    naru.parts.source.ensure = async () => {
      naru.parts.source.ensure = ensure
      await naru.push('one')
      await timePasses(50)
    }

    await naru.restart()

    await until(async () => expect(await naru.stable()).toBe(1))
    expect(builds).toBe(1)
  })
})

describe('a full disk', () => {
  it('does not leave a deployment where it was when it passes', async () => {
    let failing = 0
    const failed = new Set<string>()
    const naru = await rig({
      fault: ({ when, what, name }) => {
        if (when !== 'after' || what !== 'effect' || failed.has(name)) return
        failed.add(name)
        failing = 1
      },
    })
    const write = naru.store.write
    naru.store.write = async (change) => {
      if (failing > 0) {
        failing -= 1
        throw new NaruError('data.full', { folder: naru.store.folder })
      }
      return write(change)
    }

    await naru.push('one')

    await until(async () => expect(await statuses(naru)).toEqual(['succeeded']))
    const moved = (await naru.events()).filter(({ kind }) => kind === 'stable.moved')
    expect(moved).toHaveLength(1)
  })
})

describe('a branch that cannot be moved', () => {
  it('does not hold up a release that serves', async () => {
    const naru = await rig()
    naru.parts.source.moveRef = async () => {
      throw new Error('the lock of another git')
    }

    await naru.push('one')

    await vi.waitFor(async () => expect(await statuses(naru)).toEqual(['succeeded']), {
      timeout: 25_000,
    })
  })
})

describe('a release that dies while its predecessor is warm', () => {
  it('is kept running where the predecessor cannot take over', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    naru.spec.text += '    replicas: 2\n'
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    await until(() => expect(naru.engine.ensured.at(-1)).toMatch(/web/))
    await naru.store.write(async (db) => {
      await db.deleteFrom('artifacts').where('digest', '=', 'sha256-one').execute()
    })
    const ofTwo = () => [...naru.engine.instances.values()].filter(({ set }) => set.release === 2)
    naru.engine.instances.delete(ofTwo()[0]?.id ?? '')
    naru.engine.set(2, { restarts: 9 })

    await until(() => expect(ofTwo()).toHaveLength(2))
  })
})

describe('an app that is destroyed', () => {
  it('while it is being built leaves nothing that goes on', async () => {
    const naru = await rig()
    naru.build.run = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => setTimeout(() => reject(new Error('ended')), 50))
      })
    await naru.push('one')
    await until(async () =>
      expect((await listBuilds(naru.store.db, 'shop', 1))[0]?.status).toBe('running'),
    )

    await naru.naru.destroyApp('shop', 'ada')
    await timePasses(1500)

    expect(naru.errors).toEqual([])
  })

  it('while an instance is being started leaves no instance', async () => {
    const naru = await rig()
    naru.engine.onEnsure = () => timePasses(300)
    await naru.push('one')
    await until(async () => expect(await statuses(naru)).toEqual(['starting']))

    await naru.naru.destroyApp('shop', 'ada')
    await timePasses(500)

    expect(naru.engine.instances.size).toBe(0)
  })
})

describe('an end of the server', () => {
  it('waits for the builds under way to be gone', async () => {
    const naru = await rig()
    let gone = false
    naru.build.run = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            gone = true
            reject(new Error('ended'))
          }, 100),
        )
      })
    await naru.push('one')
    await until(async () =>
      expect((await listBuilds(naru.store.db, 'shop', 1))[0]?.status).toBe('running'),
    )

    await naru.loops.close()

    expect(gone).toBe(true)
  })

  it('tells whoever waits for an abort', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.loops.close()

    await expect(naru.loops.abort(place, 1, 'ada')).rejects.toThrow()
  })
})

describe('an instance that is drained because its release is not warm any more', () => {
  it('goes on when a rollback to it comes in time', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    let drained = (): void => {}
    const draining = new Promise<void>((resolve) => {
      naru.router.onDrain = () =>
        new Promise((done) => {
          drained = done
          resolve()
        })
    })
    await naru.store.write((db) => endWarm(db, place))
    naru.loops.wake(place)
    await draining

    await naru.naru.rollback(place, 1, 'ada')
    await until(() => expect(naru.router.serving).toBe(1))
    drained()
    await until(async () => expect(await naru.stable()).toBe(1))

    expect(naru.engine.stopped.some((id) => id.includes('v1'))).toBe(false)
  })
})

describe('the route table', () => {
  it('is never applied twice at once, whenever it is asked for', async () => {
    const naru = await rig()
    let [now, most] = [0, 0]
    naru.router.onApply = async () => {
      now += 1
      most = Math.max(most, now)
      await timePasses(1)
      now -= 1
    }
    const { traffic } = naru.loops
    await traffic.refresh()
    const first = traffic.refresh()
    const asked: Promise<unknown>[] = [traffic.refresh()]
    await first.then(() => {})
    for (let turn = 0; turn < 10; turn += 1) {
      asked.push(traffic.refresh())
      await null
    }
    await Promise.all(asked)

    expect(most).toBe(1)
  })
})
