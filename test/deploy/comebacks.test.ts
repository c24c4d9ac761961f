import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { oneService, place, type Rig, rig, until } from './rig.ts'

const newestStatus = async (naru: Rig) => (await naru.deployments()).at(-1)?.rollout.status

/** A clock whose time of serving the test may put forward. The wall clock is set back as far meanwhile. */
function clockAhead(): { clock: Clock; forward(ms: number): void } {
  const real = systemClock()
  let ahead = 0
  return {
    clock: {
      now: () => new Date(real.now().getTime() - ahead),
      served: () => real.served() + ahead,
      after: real.after,
    },
    forward: (ms) => {
      ahead += ms
    },
  }
}

/** v1 is stable and v2 is being watched under traffic. */
async function watched(settle: string): Promise<Rig> {
  const naru = await rig()
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  naru.spec.text = oneService.replace('settle: 0s', `settle: ${settle}`)
  await naru.push('two')
  await until(async () => expect(await newestStatus(naru)).toBe('baking'))
  return naru
}

describe('a machine that starts again while a release is watched', () => {
  it('is not taken for a death of the release', async () => {
    const naru = await watched('5s')
    const gone = { healthyForMs: 0, lastExit: null, reason: 'not started yet' }
    naru.engine.set(1, { ...gone, health: 'down' })
    naru.engine.set(2, { ...gone, health: 'down' })
    await naru.restart()
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await newestStatus(naru)).toBe('baking')
    naru.engine.set(2, { ...gone, health: 'starting' })
    // Longer than a release that runs may be without a healthy instance.
    await new Promise((resolve) => setTimeout(resolve, 3500))
    expect(await newestStatus(naru)).toBe('baking')
    naru.engine.set(2, { health: 'healthy', healthyForMs: 60_000 })

    await until(async () => expect(await naru.stable()).toBe(2))
  })

  it('is not an excuse for a program that ends by itself afterwards', async () => {
    const naru = await watched('60s')
    naru.engine.set(2, { health: 'down', healthyForMs: 0, lastExit: null })
    await naru.restart()
    const at = new Date(Date.now() + 1000).toISOString()
    naru.engine.set(2, { lastExit: { code: 1, signal: null, at } })

    await until(async () => expect(await newestStatus(naru)).toBe('rolled_back'))
  })
})

describe('a set that cannot be started when the server starts again', () => {
  it('is tried again while the deployment goes on', async () => {
    const naru = await watched('60s')
    for (const [id, { set }] of naru.engine.instances)
      if (set.release === 1) naru.engine.instances.delete(id)
    let refused = 0
    naru.engine.onEnsure = ({ set }) => {
      if (set.release !== 1 || refused >= 2) return
      refused += 1
      throw new Error('no port')
    }

    await naru.restart()

    await until(() =>
      expect([...naru.engine.instances.values()].some(({ set }) => set.release === 1)).toBe(true),
    )
    expect(refused).toBe(2)
    expect(await newestStatus(naru)).toBe('baking')
  })
})

describe('a release that has died and whose warm predecessor cannot take over', () => {
  it('is given up less and less often', async () => {
    const { clock, forward } = clockAhead()
    const naru = await rig({ clock })
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    const at = new Date(Date.now() + 3_600_000).toISOString()
    const dead = { health: 'down', restarts: 9, lastExit: { code: 1, signal: null, at } } as const
    const tries = async () => (await naru.deployments()).length - 2
    const die = async () => {
      for (const release of [1, 2]) naru.engine.set(release, dead)
      naru.loops.wake(place)
    }
    await die()
    // A rollback's own restarts are those of after it began.
    const failing = setInterval(() => naru.engine.set(1, { ...dead, restarts: Date.now() }), 50)
    try {
      const ends: number[] = []
      let minutes = 0
      for (; minutes < 9; minutes += 0.5) {
        await until(async () => {
          const all = await naru.deployments()
          expect(all.every(({ endedAt }) => endedAt !== null)).toBe(true)
        })
        if ((await tries()) > ends.length) ends.push(minutes)
        forward(30_000)
        await die()
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      // Without patience it would be tried every minute.
      expect(ends.length).toBeGreaterThan(1)
      expect(ends.length).toBeLessThan(5)
    } finally {
      clearInterval(failing)
    }
  })
})

describe('an instance that is gone in the middle of a deployment', () => {
  const gone = (naru: Rig, release: number): string[] => {
    const ids = [...naru.engine.instances.values()].filter(({ set }) => set.release === release)
    for (const { id } of ids) naru.engine.instances.delete(id)
    naru.engine.changed()
    return ids.map(({ id }) => id)
  }
  const others = (naru: Rig, release: number, before: string[]) =>
    [...naru.engine.instances.values()].filter(
      ({ id, set }) => set.release === release && !before.includes(id),
    )

  it('is replaced while its release is started, and held against nobody', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    naru.engine.healthyForMs = 0
    naru.spec.text = oneService.replace('healthy-for: 0s', 'healthy-for: 20s')
    await naru.push('two')
    await until(() => expect(others(naru, 2, [])).not.toEqual([]))
    const before = gone(naru, 2)
    expect(before).toHaveLength(1)

    await until(() => expect(others(naru, 2, before)).toHaveLength(1))
    expect(await newestStatus(naru)).toBe('starting')
    naru.engine.set(2, { healthyForMs: 60_000 })
    await until(async () => expect(await naru.stable()).toBe(2))
  })
})
