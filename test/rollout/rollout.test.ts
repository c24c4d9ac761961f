import { describe, expect, it } from 'vitest'
import { wanted } from '../../src/rollout/wanted.ts'
import { begun, plan, service, type World } from './world.ts'

const v1 = plan(1, service('web'))
const v2 = plan(2, service('web'))
const withWorker = (release: number, more = {}) =>
  plan(release, service('web'), service('worker', more))

/** Runs until the deployment is there, or fails after two minutes of its time. */
function until(world: World, status: string): World {
  for (let turn = 0; turn < 480 && world.state.status !== status; turn += 1) world.run(250)
  expect(world.state.status).toBe(status)
  return world
}

describe('a blue-green rollout', () => {
  it('moves traffic only when the new release has been healthy for as long as asked, then settles', () => {
    const world = begun(v2, v1)

    until(world, 'baking')
    expect(world.served).toBe('candidate')
    expect(world.stable).toBe(1)

    until(world, 'succeeded')
    expect(world.stable).toBe(2)
    expect(world.of('stable', 'web')).toHaveLength(1)
  })

  it.each(['blue-green', 'rolling'] as const)(
    'notes once, after 10 s, why a service is not healthy yet (%s)',
    (strategy) => {
      const world = begun({ ...v2, strategy }, v1)
      world.sick.add('candidate/web')
      world.run(9000)
      expect(world.state.wave?.slow).toBeUndefined()

      world.run(3000)
      const { slow } = world.state.wave ?? {}
      expect(slow).toMatchObject({
        service: 'web',
        reason: 'connection refused',
        withinSeconds: 60,
      })
      world.run(3000)

      expect(world.state.wave?.slow).toBe(slow)
    },
  )

  it('goes live without waiting when healthy-for is 0', () => {
    const world = begun(plan(2, service('web', { healthyForMs: 0 })), v1)

    world.run(1000)

    expect(world.served).toBe('candidate')
  })

  it('leaves traffic where it is when the new release never gets healthy, and ends it', () => {
    const world = begun(v2, v1)
    until(world, 'starting')
    world.finish(world.state.pending[0]?.key ?? '')
    for (const running of world.of('candidate', 'web')) running.healthySince = null

    until(world, 'failed')

    expect(world.state.problem).toMatchObject({
      code: 'rollout.unhealthy',
      facts: { service: 'web', seconds: 60 },
    })
    expect(world.served).toBe('stable')
    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('fails at once when a program has used up its tries', () => {
    const world = begun(v2, v1)
    until(world, 'starting')
    world.run(250)
    for (let tries = 0; tries < 4; tries += 1) world.kill('candidate', 'web')

    until(world, 'failed')

    expect(world.state.problem?.code).toBe('rollout.crashed')
  })

  it('sends traffic back when the release dies while it is being watched', () => {
    const world = until(begun(v2, v1), 'baking')
    world.run(5000)
    world.kill('candidate', 'web')

    until(world, 'rolled_back')

    expect(world.state.problem).toMatchObject({ code: 'rollout.died', facts: { afterSeconds: 5 } })
    expect(world.served).toBe('stable')
    expect(world.stable).toBe(1)
    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('sends traffic back when the release stops answering for three seconds', () => {
    const world = until(begun(v2, v1), 'baking')
    for (const running of world.of('candidate', 'web')) running.healthySince = null

    until(world, 'rolled_back')

    expect(world.state.problem?.code).toBe('rollout.faltered')
  })

  it('says failed, not rolled back, when there was nothing to go back to', () => {
    const world = until(begun(v2, null), 'baking')
    world.kill('candidate', 'web')

    until(world, 'failed')

    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('brings the old release back to life before it gets the traffic', () => {
    const world = until(begun(v2, v1), 'baking')
    world.of('stable', 'web').length = 0
    world.tell({ kind: 'abort', by: 'ada' })
    world.look()
    expect(world.state.status).toBe('restoring')
    expect(world.served).toBe('candidate')

    until(world, 'rolled_back')

    expect(world.served).toBe('stable')
  })

  it('is blocked when neither release can serve', () => {
    const world = until(begun(v2, v1), 'baking')
    world.kill('candidate', 'web')
    world.kill('stable', 'web')

    until(world, 'blocked')

    expect(world.state.problem?.code).toBe('rollout.died')
  })
})

describe('workers', () => {
  it('start last, when every routed service is healthy', () => {
    const world = begun(withWorker(2), withWorker(1))
    world.run(1500)
    expect(world.of('candidate', 'worker')).toHaveLength(0)

    until(world, 'baking')

    expect(world.of('candidate', 'worker')).toHaveLength(1)
  })

  it('of the old release end right after the flip', () => {
    const world = until(begun(withWorker(2), withWorker(1)), 'baking')
    world.run(250)

    expect(world.of('stable', 'worker')).toHaveLength(0)
    expect(world.of('stable', 'web')).toHaveLength(1)
  })

  it('of the old release end before the new ones start where they must not overlap', () => {
    const world = begun(withWorker(2, { overlap: 'none' }), withWorker(1, { overlap: 'none' }))
    const order: string[] = []
    world.onDecided = (effect) => {
      if ('services' in effect && effect.services.includes('worker'))
        order.push(`${effect.do} ${effect.side}`)
    }

    until(world, 'succeeded')

    expect(order).toEqual(['stop stable', 'start candidate'])
  })

  it('of the old release run again when the new release is taken back', () => {
    const world = until(begun(withWorker(2), withWorker(1)), 'baking')
    world.run(250)
    world.kill('candidate', 'worker')

    until(world, 'rolled_back')

    expect(world.of('stable', 'worker')).toHaveLength(1)
    expect(world.of('candidate', 'worker')).toHaveLength(0)
    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('that crash keep the whole app on the old release', () => {
    const world = begun(withWorker(2), withWorker(1))
    while (world.of('candidate', 'worker').length === 0) world.run(250)
    for (let tries = 0; tries < 4; tries += 1) world.kill('candidate', 'worker')

    until(world, 'failed')

    expect(world.state.problem).toMatchObject({
      code: 'rollout.crashed',
      facts: { service: 'worker' },
    })
    expect(world.served).toBe('stable')
    expect(world.of('candidate', 'web')).toHaveLength(0)
    expect(world.of('stable', 'worker')).toHaveLength(1)
  })
})

describe('a rollback', () => {
  it('to a release that still runs is one flip, at the first look', () => {
    const world = begun(v1, v2, 'rollback')
    world.finish(world.state.pending[0]?.key ?? '')
    world.start('candidate', service('web'), -60_000)
    world.finish(world.state.pending[0]?.key ?? '')

    world.look()

    expect(world.state.status).toBe('shifting')
  })

  it('starts workers under traffic, so that they do not delay it', () => {
    const world = begun(withWorker(1), withWorker(2), 'rollback')
    world.start('candidate', service('web'), -60_000)

    until(world, 'baking')

    expect(world.now).toBeLessThan(13_000)
    until(world, 'succeeded')
    expect(world.of('candidate', 'worker')).toHaveLength(1)
  })

  it('is not rolled back itself: it is blocked and traffic goes where instances are healthy', () => {
    const world = until(begun(v1, v2, 'rollback'), 'baking')
    world.kill('candidate', 'web')

    until(world, 'blocked')
    world.run(1000)

    expect(world.served).toBe('stable')
    expect(world.state.status).toBe('blocked')
  })
})

describe('a wish to end it', () => {
  it('before traffic has moved cancels it', () => {
    const world = begun(v2, v1)
    world.run(1000)
    world.tell({ kind: 'abort', by: 'ada' })

    until(world, 'cancelled')

    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('after traffic has moved takes it back', () => {
    const world = until(begun(v2, v1), 'baking')
    world.tell({ kind: 'abort', by: 'ada' })

    until(world, 'rolled_back')

    expect(world.state.problem).toEqual({
      code: 'rollout.aborted',
      facts: { release: 2, by: 'ada' },
    })
  })

  it('of a newer push supersedes it before the flip, and waits after it', () => {
    const early = begun(v2, v1)
    early.tell({ kind: 'supersede', by: 'build 3' })
    until(early, 'superseded')

    const late = until(begun(v2, v1), 'baking')
    late.tell({ kind: 'supersede', by: 'build 3' })
    until(late, 'succeeded')
  })
})

describe('a router that does not serve the new table', () => {
  it('pauses the deployment, which goes on when it does', () => {
    const world = until(begun(v2, v1), 'starting')
    while (world.state.status === 'starting') {
      for (const { key, effect } of [...world.state.pending])
        if (effect.do !== 'route') world.finish(key)
      world.pass(250)
      world.look()
    }
    const route = world.state.pending.find(({ effect }) => effect.do === 'route')?.key ?? ''
    world.tell({ kind: 'stuck', key: route })
    expect(world.state.status).toBe('paused')

    world.finish(route)

    expect(world.state.status).toBe('baking')
  })
})

describe('after a restart, what should run', () => {
  it('is the old release and what has been started of the new one, in its waves', () => {
    const world = until(begun(withWorker(2), withWorker(1)), 'starting')
    expect(wanted(world.state)).toEqual({ candidate: { web: 1 }, stable: { web: 1, worker: 1 } })

    until(world, 'baking')
    expect(wanted(world.state)).toEqual({ candidate: { web: 1, worker: 1 }, stable: { web: 1 } })
  })

  it('is not an exclusive worker whose predecessor has not ended', () => {
    const world = begun(withWorker(2, { overlap: 'none' }), withWorker(1, { overlap: 'none' }))
    while (!world.state.pending.some(({ effect }) => effect.do === 'stop')) {
      for (const { key } of [...world.state.pending]) world.finish(key)
      world.pass(250)
      world.look()
    }
    expect(wanted(world.state)).toEqual({ candidate: { web: 1 }, stable: { web: 1 } })
  })

  it('is nothing of a release that is on its way out', () => {
    const world = until(begun(v2, v1), 'baking')
    world.tell({ kind: 'abort', by: 'ada' })
    world.look()
    expect(wanted(world.state)).toEqual({ candidate: {}, stable: { web: 1 } })
  })
})

describe('exclusive workers', () => {
  const exclusive = (release: number) => withWorker(release, { overlap: 'none' })

  /** The most workers of both releases that ever ran at once, when ends take their time and starts do not. */
  function mostAtOnce(world: World, status: string): number {
    let most = 0
    for (let turn = 0; turn < 1000 && world.state.status !== status; turn += 1) {
      const [ends, others] = [true, false].map((isEnd) =>
        world.state.pending.filter(({ effect }) => (effect.do === 'stop') === isEnd),
      )
      for (const { key } of others?.length ? others : (ends ?? [])) world.finish(key)
      most = Math.max(
        most,
        world.of('candidate', 'worker').length + world.of('stable', 'worker').length,
      )
      world.pass(250)
      world.look()
    }
    expect(world.state.status).toBe(status)
    return most
  }

  it('never run beside each other when a release is taken back', () => {
    const world = until(begun(exclusive(2), exclusive(1)), 'baking')
    world.tell({ kind: 'abort', by: 'ada' })

    expect(mostAtOnce(world, 'rolled_back')).toBe(1)
    expect(world.of('stable', 'worker')).toHaveLength(1)
  })

  it('never run beside each other in a rollback', () => {
    const world = begun(exclusive(1), exclusive(2), 'rollback')

    expect(mostAtOnce(world, 'succeeded')).toBe(1)
    expect(world.of('candidate', 'worker')).toHaveLength(1)
  })

  it('never run beside each other when a rollback is taken back', () => {
    const world = until(begun(exclusive(1), exclusive(2), 'rollback'), 'baking')
    world.run(250)
    world.tell({ kind: 'abort', by: 'ada' })

    expect(mostAtOnce(world, 'rolled_back')).toBe(1)
    expect(world.of('stable', 'worker')).toHaveLength(1)
  })

  it('of the old release wait until it has the traffic again', () => {
    const world = until(begun(exclusive(2), exclusive(1)), 'baking')
    world.kill('stable', 'web')
    world.tell({ kind: 'abort', by: 'ada' })
    world.look()
    expect(world.state.status).toBe('restoring')

    expect(world.state.pending.map(({ effect }) => effect)).toEqual([
      { do: 'start', side: 'stable', services: ['web'] },
    ])
    expect(wanted(world.state).stable).toEqual({ web: 1 })
  })
})

describe('a deployment of the release that is stable already', () => {
  it('ends at once', () => {
    expect(begun(v1, v1, 'rollback').state.status).toBe('superseded')
  })
})
