import { describe, expect, it } from 'vitest'
import type { Effect, RolloutPlan } from '../../src/model/rollout.ts'
import { wanted } from '../../src/rollout/wanted.ts'
import { begun, by, plan, service, type World } from './world.ts'

const three = (release: number) => plan(release, service('web', { replicas: 3 }))
const withWorker = (release: number, more = {}) =>
  plan(release, service('web'), service('worker', more))

function until(world: World, status: string): World {
  for (let turn = 0; turn < 2000 && world.state.status !== status; turn += 1) world.run(250)
  expect(world.state.status).toBe(status)
  return world
}

/** What is decided from now on, in words: "start candidate web 1", "stop stable web but 2". */
function told(world: World): string[] {
  const lines: string[] = []
  world.onDecided = (effect) => lines.push(say(effect))
  return lines
}

function say(effect: Effect): string {
  switch (effect.do) {
    case 'start':
      return `start ${effect.side} ${effect.services} ${effect.count ?? ''}`.trim()
    case 'stop':
      return `stop ${effect.side} ${effect.services} ${effect.leave ? `but ${effect.leave}` : ''}`.trim()
    case 'route':
      return `route ${effect.side}`
    case 'job':
    case 'end-job':
      return `${effect.do} ${effect.job}`
    default:
      return effect.do
  }
}

/** Runs until so many instances of the new release may get traffic. */
function untilAdmitted(world: World, count: number): World {
  for (let turn = 0; turn < 2000 && world.state.rolling?.admitted['web'] !== count; turn += 1) {
    for (const { key } of [...world.state.pending]) world.finish(key)
    world.look()
    if (world.state.rolling?.admitted['web'] !== count) world.pass(250)
  }
  expect(world.state.rolling?.admitted['web']).toBe(count)
  return world
}

describe('a rolling deployment', () => {
  const rolling = () => begun(by('rolling', three(2)), three(1))

  it('adds one instance, lets it get traffic, and ends an old one, to the last', () => {
    const world = rolling()
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines).toEqual([
      ...['start candidate web 1', 'route both', 'stop stable web but 2'],
      ...['start candidate web 2', 'route both', 'stop stable web but 1'],
      ...['start candidate web 3', 'route both', 'stop stable web'],
      ...['route candidate', 'promote'],
    ])
    expect(world.of('stable', 'web')).toHaveLength(0)
    expect(world.of('candidate', 'web')).toHaveLength(3)
  })

  it('is watched as long as any other when the last is replaced', () => {
    const world = until(rolling(), 'baking')
    const from = world.now

    until(world, 'succeeded')

    expect(world.now - from).toBeGreaterThanOrEqual(10_000)
  })

  it('sends no traffic to an instance before it has been healthy for as long as asked', () => {
    const world = rolling()
    world.run(1500)
    expect(world.served).toBe('stable')

    untilAdmitted(world, 1)

    expect(wanted(world.state)).toEqual({ candidate: { web: 1 }, stable: { web: 3 } })
  })

  it('goes back the same way when its second instance never gets healthy', () => {
    const world = untilAdmitted(rolling(), 1)
    const lines = told(world)
    world.sick.add('candidate/web')
    const least = { of: 3 }
    for (let turn = 0; turn < 1000 && world.state.status !== 'rolled_back'; turn += 1) {
      world.run(250)
      least.of = Math.min(least.of, world.healthy('web'))
    }

    expect(world.state.status).toBe('rolled_back')
    expect(world.state.problem).toMatchObject({
      code: 'rollout.unhealthy',
      facts: { exposed: true },
    })
    expect(least.of).toBe(3)
    expect(lines).toEqual([
      ...['stop stable web but 2', 'start candidate web 2', 'stop candidate web but 1'],
      ...['start stable web 3', 'stop candidate web', 'route stable', 'stop candidate web'],
    ])
    expect(world.of('stable', 'web')).toHaveLength(3)
  })

  it('that fails while it is watched brings the old release back under traffic', () => {
    const world = until(rolling(), 'baking')
    world.kill('candidate', 'web')
    world.revive('candidate', 'web')
    world.look()
    expect(world.state.traffic).toBe('both')

    until(world, 'rolled_back')

    expect(world.of('stable', 'web')).toHaveLength(3)
    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('is blocked where the old release does not come back, and keeps what serves', () => {
    const world = until(rolling(), 'baking')
    world.sick.add('stable/web')
    world.tell({ kind: 'abort', by: 'ada' })
    until(world, 'blocked')

    expect(world.state.traffic).toBe('both')
    expect(world.of('candidate', 'web').length).toBeGreaterThan(0)
  })

  it('goes back although an old worker ails by itself: traffic does not wait for it', () => {
    const world = untilAdmitted(begun(by('rolling', withWorker(2)), withWorker(1)), 1)
    world.kill('stable', 'worker')
    world.tell({ kind: 'abort', by: 'ada' })

    until(world, 'rolled_back')

    expect(world.served).toBe('stable')
    expect(world.of('candidate', 'web')).toHaveLength(0)
  })

  it('gives the old release its whole time from when it begins to go back', () => {
    const world = untilAdmitted(rolling(), 1)
    world.pass(100_000)
    world.kill('stable', 'web')
    world.tell({ kind: 'abort', by: 'ada' })
    world.run(1000)
    expect(world.state.status).toBe('restoring')

    world.revive('stable', 'web')

    until(world, 'rolled_back')
  })

  it('that is blocked leaves the traffic with the release that answers, for a newer one to begin from', () => {
    const world = until(rolling(), 'baking')
    world.sick.add('stable/web')
    world.tell({ kind: 'abort', by: 'ada' })
    until(world, 'blocked')
    world.run(1000)

    world.tell({ kind: 'supersede', by: 'v3' })

    expect(world.state.status).toBe('superseded')
    expect(world.state.traffic).toBe('candidate')
  })

  it('takes up more or fewer replicas on the way', () => {
    const more = begun(by('rolling', three(2)), plan(1, service('web')))
    const lines = told(more)
    until(more, 'succeeded')
    expect(lines.filter((line) => line.startsWith('stop'))).toEqual(['stop stable web'])

    const fewer = begun(by('rolling', plan(2, service('web'))), three(1))
    until(fewer, 'succeeded')
    expect([fewer.of('candidate', 'web').length, fewer.of('stable', 'web').length]).toEqual([1, 0])
  })

  it('replaces its workers after what has a route, one by one too', () => {
    const world = begun(
      by('rolling', withWorker(2, { replicas: 2 })),
      withWorker(1, { replicas: 2 }),
    )
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines.filter((line) => line.includes('worker'))).toEqual([
      ...['start candidate worker 1', 'stop stable worker but 1'],
      ...['start candidate worker 2', 'stop stable worker'],
    ])
    expect(lines.findIndex((line) => line.includes('worker'))).toBe(3)
  })

  it('ends a worker that must be alone before the new one starts', () => {
    const alone = { overlap: 'none' as const, replicas: 2 }
    const world = begun(by('rolling', withWorker(2, alone)), withWorker(1, alone))
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines.filter((line) => line.includes('worker'))).toEqual([
      'stop stable worker',
      'start candidate worker 2',
    ])
  })

  it('ends what the new release does not have any more when all traffic is on it', () => {
    const world = begun(
      by('rolling', plan(2, service('web'))),
      plan(1, service('web'), service('web-two')),
    )
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines.slice(-3)).toEqual(['route candidate', 'stop stable web-two', 'promote'])
  })

  it('keeps what loses its route until nobody can reach it there any more', () => {
    const world = begun(
      by('rolling', plan(2, service('web'), service('web-two', { routed: false }))),
      plan(1, service('web'), service('web-two')),
    )
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines.slice(-3)).toEqual(['route candidate', 'stop stable web-two', 'promote'])
  })

  it('replaces nothing where there is no release yet', () => {
    const world = begun(by('rolling', three(1)), null)
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines).toEqual(['start candidate web', 'route candidate', 'promote'])
  })

  it('is superseded only before it got traffic', () => {
    const early = rolling()
    early.run(500)
    early.tell({ kind: 'supersede', by: 'build 3' })
    until(early, 'superseded')

    const late = untilAdmitted(rolling(), 1)
    late.tell({ kind: 'supersede', by: 'build 3' })
    until(late, 'succeeded')
  })

  it('goes on where it was when the router serves again', () => {
    const world = rolling()
    while (!world.state.pending.some(({ effect }) => effect.do === 'route')) {
      for (const { key } of [...world.state.pending]) world.finish(key)
      world.pass(250)
      world.look()
    }
    const key = world.state.pending[0]?.key ?? ''
    world.tell({ kind: 'stuck', key })
    expect(world.state.status).toBe('paused')

    world.finish(key)
    expect(world.state.status).toBe('shifting')
    until(world, 'succeeded')
  })
})

describe('a deployment that recreates', () => {
  const recreate = (candidate: RolloutPlan = withWorker(2)) =>
    begun(by('recreate', candidate), withWorker(1))

  it('ends all of the old release before anything of the new one starts', () => {
    const world = recreate()
    const lines = told(world)

    until(world, 'succeeded')

    expect(lines).toEqual([
      ...['stop stable web,worker', 'start candidate web', 'start candidate worker'],
      ...['route candidate', 'promote'],
    ])
    expect(world.of('stable', 'web')).toHaveLength(0)
  })

  it('says from when to when nothing answers', () => {
    const world = until(recreate(), 'starting')
    const from = world.now
    expect(world.state.silentSince).toBe(from - 250)

    until(world, 'baking')

    expect(world.state.silentSince).toBeNull()
  })

  it('that does not come up ends before the old release starts again, and is over when that serves', () => {
    const world = recreate()
    world.sick.add('candidate/web')
    until(world, 'starting')
    world.run(500)
    const lines = told(world)

    until(world, 'rolled_back')

    expect(lines).toEqual([
      ...['stop candidate web,worker', 'start stable web', 'route stable'],
      ...['stop candidate web,worker', 'start stable worker'],
    ])
    expect(world.of('stable', 'web')).toHaveLength(1)
    expect(world.of('stable', 'worker')).toHaveLength(1)
    expect(world.state.silentSince).toBeNull()
  })

  it('that dies while it is watched ends before the old release starts again', () => {
    const world = until(recreate(), 'baking')
    world.kill('candidate', 'web')
    const lines = told(world)

    until(world, 'rolled_back')

    expect(lines.slice(0, 2)).toEqual(['stop candidate web,worker', 'start stable web'])
    expect(world.served).toBe('stable')
  })

  it('is blocked where the old release does not come back', () => {
    const world = until(recreate(), 'baking')
    world.sick.add('stable/web')
    world.tell({ kind: 'abort', by: 'ada' })
    until(world, 'blocked')
  })

  it('takes the traffic back even where the old release has only workers', () => {
    const world = begun(by('recreate', plan(2, service('web'))), plan(1, service('worker')))
    until(world, 'baking')
    world.tell({ kind: 'abort', by: 'ada' })

    until(world, 'rolled_back')

    expect(world.served).toBe('stable')
    expect(world.of('stable', 'worker')).toHaveLength(1)
  })

  it('is not superseded once the old release has ended: that would only make it longer', () => {
    const world = until(recreate(), 'starting')
    world.tell({ kind: 'supersede', by: 'build 3' })
    until(world, 'succeeded')
  })
})

describe('a rollback', () => {
  it('is carried out as the release says that is left', () => {
    const rolling = begun(three(1), by('rolling', three(2)), 'rollback')
    const lines = told(rolling)
    until(rolling, 'succeeded')
    expect(lines.slice(0, 3)).toEqual([
      'start candidate web 1',
      'route both',
      'stop stable web but 2',
    ])

    const recreate = begun(withWorker(1), by('recreate', withWorker(2)), 'rollback')
    const others = told(recreate)
    until(recreate, 'succeeded')
    expect(others[0]).toBe('stop stable web,worker')
    expect(recreate.of('candidate', 'worker')).toHaveLength(1)
  })

  it('runs no jobs', () => {
    const world = begun(by('blue-green', three(1), ['migrate']), three(2), 'rollback')
    until(world, 'succeeded')
    expect(world.jobs).toEqual([])
  })
})

describe('jobs of a release', () => {
  const jobs = (stable: RolloutPlan | null = three(1)) =>
    begun(by('blue-green', three(2), ['migrate', 'seed']), stable)

  it('run one after the other before anything starts, of the first release too', () => {
    for (const world of [jobs(), jobs(null)]) {
      const lines = told(world)
      until(world, 'succeeded')
      expect(lines.slice(0, 3)).toEqual(['job migrate', 'job seed', 'start candidate web'])
    }
  })

  it('that fail leave everything as it was', () => {
    const world = jobs()
    world.finish(world.state.pending[0]?.key ?? '')
    const lines = told(world)
    const facts = { release: 2, job: 'migrate', run: 1, exitCode: 1, signal: null }
    const problem = { code: 'job.failed' as const, facts }
    world.tell({ kind: 'failed', key: world.state.pending[0]?.key ?? '', problem })

    until(world, 'failed')

    expect(lines).toEqual(['stop candidate web'])
    expect(world.state.problem).toEqual(problem)
    expect(world.jobs).toEqual([])
  })

  it('that run when the deployment is aborted or superseded are ended with it', () => {
    for (const kind of ['abort', 'supersede'] as const) {
      const world = jobs()
      world.finish(world.state.pending[0]?.key ?? '')
      const lines = told(world)
      world.tell({ kind, by: 'ada' })

      until(world, kind === 'abort' ? 'cancelled' : 'superseded')

      expect(lines[0]).toBe('end-job migrate')
    }
  })
})

describe('a deployment that begins where a blocked one has left the traffic with the release that is not stable', () => {
  const [v1, v2, v3] = [1, 2, 3].map((release) => plan(release, service('web'))) as [
    RolloutPlan,
    RolloutPlan,
    RolloutPlan,
  ]

  it('comes back to that one when it fails', () => {
    const world = begun(v3, v2)
    world.state = { ...world.state, status: 'queued', pending: [] }
    world.tell({ kind: 'begin', stable: v2, serving: v1 })

    expect(world.state).toMatchObject({ traffic: 'stable', stable: { release: 1 } })
  })

  it('leaves the traffic with it where it is that release', () => {
    const world = begun(v1, v2, 'rollback')
    world.state = { ...world.state, status: 'queued', pending: [] }
    world.tell({ kind: 'begin', stable: v2, serving: v1 })

    expect(world.state).toMatchObject({ traffic: 'candidate', stable: { release: 2 } })
    expect(wanted(world.state).candidate).toEqual({ web: 1 })
  })

  it('is left there by a newer deployment, and by nobody else', () => {
    const blocked = () => {
      const world = until(begun(v1, v2, 'rollback'), 'baking')
      world.kill('candidate', 'web')
      world.kill('stable', 'web')
      until(world, 'blocked')
      return world
    }
    const newer = blocked()
    newer.tell({ kind: 'supersede', by: 'v3' })
    expect(newer.state).toMatchObject({ status: 'superseded', traffic: 'candidate' })

    const person = blocked()
    person.tell({ kind: 'abort', by: 'ada' })
    expect(person.state).toMatchObject({ status: 'cancelled', traffic: 'stable' })
  })
})
