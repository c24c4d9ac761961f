import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Effect,
  effectKinds,
  isOver,
  moves,
  type PendingEffect,
  type Rollout,
  type RolloutPlan,
  type Serving,
  type Status,
  strategyOf,
} from '../../src/model/rollout.ts'
import type { Strategy } from '../../src/model/spec.ts'
import { newRollout, type RolloutEvent, step } from '../../src/rollout/rollout.ts'
import { canServe } from '../../src/rollout/view.ts'
import { by, plan, service, World } from './world.ts'

const statuses = Object.keys(moves) as Status[]
let steps = 0

const services = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('web', 'web-two', 'worker', 'mailer'),
    replicas: fc.integer({ min: 1, max: 3 }),
    healthyForMs: fc.constantFrom(0, 500, 2000),
    settleMs: fc.constantFrom(0, 1000, 10_000),
    healthyWithinMs: fc.constantFrom(5000, 60_000),
    overlap: fc.constantFrom('allowed' as const, 'none' as const),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
)

const anyPlanOf = (release: number): fc.Arbitrary<RolloutPlan> =>
  services.map((list) =>
    plan(
      release,
      ...list.map((of) =>
        service(of.name, { ...of, overlap: of.name.startsWith('web') ? 'allowed' : of.overlap }),
      ),
    ),
  )

const strategy = fc.constantFrom<Strategy>('blue-green', 'rolling', 'recreate')
const jobs = fc.subarray(['migrate', 'seed'])
const planOf = (release: number): fc.Arbitrary<RolloutPlan> =>
  fc.tuple(anyPlanOf(release), strategy, jobs).map(([of, how, first]) => by(how, of, first))

const kind = fc.constantFrom('release' as const, 'rollback' as const)
const names = fc.subarray(['web', 'web-two', 'worker', 'mailer'])
const side = fc.constantFrom('candidate' as const, 'stable' as const)

const serving = fc.constantFrom<Serving>('candidate', 'stable', 'both')
const count = fc.integer({ min: 0, max: 3 })

const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.constant({ do: 'prepare' as const }),
  fc.record({ do: fc.constant('job' as const), job: fc.constantFrom('migrate', 'seed') }),
  fc.record({ do: fc.constant('end-job' as const), job: fc.constantFrom('migrate', 'seed') }),
  fc.record({ do: fc.constant('start' as const), side, services: names }),
  fc.record({ do: fc.constant('start' as const), side, services: names, count }),
  fc.record({ do: fc.constant('stop' as const), side, services: names }),
  fc.record({ do: fc.constant('stop' as const), side, services: names, leave: count }),
  fc.record({ do: fc.constant('route' as const), side: serving }),
  fc.constant({ do: 'promote' as const }),
)

const pendingEffects: fc.Arbitrary<PendingEffect[]> = fc
  .array(effect, { maxLength: 3 })
  .map((list) => list.map((one, index) => ({ key: `${index + 1}-${one.do}`, effect: one })))

const counts = fc.dictionary(fc.constantFrom('web', 'web-two', 'worker', 'mailer'), count)

/** Any state that the types allow, reachable or not: a store may hold what an older Naru wrote. */
const anyState: fc.Arbitrary<Rollout> = fc.record({
  status: fc.constantFrom(...statuses),
  kind,
  candidate: planOf(2),
  stable: fc.option(planOf(1), { nil: null }),
  traffic: serving,
  exposed: fc.boolean(),
  since: fc.integer({ min: 0, max: 1000 }),
  wave: fc.option(fc.record({ services: names, since: fc.integer({ min: 0, max: 1000 }) }), {
    nil: null,
  }),
  restartsAtFlip: fc.dictionary(fc.constantFrom('web', 'worker'), fc.integer({ min: 0, max: 9 })),
  displaced: names,
  rolling: fc.option(
    fc.record({
      candidate: counts,
      stable: counts,
      admitted: counts,
      since: fc.integer({ min: 0, max: 1000 }),
    }),
    { nil: null },
  ),
  silentSince: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null }),
  unservedSince: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null }),
  problem: fc.constant(null),
  pending: pendingEffects,
  effects: fc.constant(10),
})

type Action =
  | { do: 'look' | 'crash' }
  | { do: 'pass'; ms: number }
  | { do: 'finish' | 'lose' | 'fail' | 'stuck'; nth: number }
  | { do: 'kill' | 'revive' | 'sicken'; side: 'candidate' | 'stable'; service: string }
  | { do: 'abort' | 'supersede' }

const nth = fc.integer({ min: 0, max: 3 })
const name = fc.constantFrom('web', 'web-two', 'worker', 'mailer')
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('finish' as const), nth }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(100, 1000, 5000, 20_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('lose' as const, 'fail' as const, 'stuck' as const),
      nth,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('kill' as const, 'revive' as const, 'sicken' as const),
      side,
      service: name,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('abort' as const, 'supersede' as const, 'crash' as const),
    }),
  },
)

function act(world: World, todo: Action): unknown {
  const pending = world.state.pending
  const key = 'nth' in todo ? pending[todo.nth % Math.max(1, pending.length)]?.key : undefined
  switch (todo.do) {
    case 'look':
      return world.look()
    case 'pass':
      return world.pass(todo.ms)
    case 'finish':
      return key === undefined ? undefined : world.finish(key)
    case 'lose': {
      // Done in the world, and the server died before it knew: it will be done a second time.
      const lost = pending.find((one) => one.key === key)
      return lost && world.carryOut(lost.effect)
    }
    case 'fail':
      // An end is tried until it is one.
      return key === undefined || pending.find((one) => one.key === key)?.effect.do === 'stop'
        ? undefined
        : world.tell({
            kind: 'failed',
            key,
            problem: { code: 'artifact.missing', facts: { app: 'shop', release: 2, digest: 'x' } },
          })
    case 'stuck':
      return key === undefined ? undefined : world.tell({ kind: 'stuck', key })
    case 'kill':
      return world.kill(todo.side, todo.service)
    case 'revive':
      return world.revive(todo.side, todo.service)
    case 'sicken':
      for (const running of world.of(todo.side, todo.service)) running.healthySince = null
      return undefined
    case 'crash':
      world.state = JSON.parse(JSON.stringify(world.state)) as Rollout
      return
    case 'abort':
    case 'supersede':
      return world.tell({ kind: todo.do, by: 'ada' })
  }
}

const begin = (world: World): void => world.tell({ kind: 'begin', stable: world.state.stable })

const worlds = fc.record({
  kind,
  candidate: planOf(2),
  stable: fc.option(planOf(1), { nil: null }),
})

function worldOf(from: {
  kind: Rollout['kind']
  candidate: RolloutPlan
  stable: RolloutPlan | null
}): World {
  const world = new World({ ...newRollout(from.kind, from.candidate, 1000), stable: from.stable })
  world.pass(10_000)
  return world
}

const calmAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('finish' as const), nth }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(100, 1000, 2500),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), nth }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('supersede' as const, 'crash' as const) }),
  },
)

const calmWorlds = (how: Strategy) =>
  fc.record({ candidate: planOf(2), stable: planOf(1) }).map(({ candidate, stable }) => ({
    kind: 'release' as const,
    candidate: by(how, candidate, candidate.jobs),
    stable,
  }))

describe('whatever happens to a deployment', () => {
  it('it only moves as the table of moves allows, from any state and through any event', () => {
    fc.assert(
      fc.property(
        anyState,
        fc.array(action, { minLength: 10, maxLength: 40 }),
        (state, actions) => {
          const world = new World(state)
          for (const todo of actions) {
            const before = world.state.status
            act(world, todo)
            if (world.state.status !== before)
              expect(reachable(before, world.state.status)).toBe(true)
          }
          steps += world.steps
        },
      ),
      { numRuns: 600 },
    )
  })

  it('an end absorbs every event', () => {
    const events: RolloutEvent[] = [
      { kind: 'begin', stable: null },
      { kind: 'observed', view: { candidate: {}, stable: {} } },
      { kind: 'done', key: '1-start' },
      { kind: 'stuck', key: '1-route' },
      { kind: 'abort', by: 'ada' },
      { kind: 'supersede', by: 'ada' },
    ]
    fc.assert(
      fc.property(anyState, fc.constantFrom(...events), (state, event) => {
        if (!isOver(state.status)) return
        expect(step(state, event, 5000)).toEqual({ state, effects: [] })
      }),
    )
  })

  it('the reducer is pure: the same state, read back from the store, takes the same step', () => {
    fc.assert(
      fc.property(anyState, fc.integer({ min: 0, max: 100_000 }), (state, now) => {
        const event: RolloutEvent = { kind: 'observed', view: new World(state).view() }
        const frozen = JSON.stringify(state)
        const once = step(state, event, now)
        expect(JSON.stringify(state)).toBe(frozen)
        expect(step(JSON.parse(frozen) as Rollout, event, now)).toEqual(once)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps every promise at every step', () => {
    fc.assert(
      fc.property(worlds, fc.array(action, { minLength: 20, maxLength: 80 }), (from, actions) => {
        const world = worldOf(from)
        const seen = watch(world)
        begin(world)
        for (const todo of actions) {
          act(world, todo)
          seen.check()
        }
        steps += world.steps
      }),
      { numRuns: 800 },
    )
  })

  it('it comes to an end when nothing more happens to it', () => {
    fc.assert(
      fc.property(worlds, fc.array(action, { maxLength: 30 }), (from, actions) => {
        const world = worldOf(from)
        begin(world)
        for (const todo of actions) act(world, todo)
        world.run(400_000)
        steps += world.steps
        expect(isOver(world.state.status) || world.state.status === 'blocked').toBe(true)
        if (world.state.status === 'succeeded') expect(world.stable).toBe(2)
        else expect(world.stable).toBe(from.stable === null ? null : 1)
      }),
      { numRuns: 200 },
    )
  })

  it('an abort gives all traffic back to a healthy old release', () => {
    fc.assert(
      fc.property(worlds, fc.array(action, { maxLength: 30 }), (from, actions) => {
        if (from.stable === null) return
        const world = worldOf(from)
        begin(world)
        for (const todo of actions) act(world, todo)
        if (isOver(world.state.status) || world.state.status === 'promoting') return
        for (const of of from.stable.services) world.start('stable', of, -60_000)
        // Healthy for as long as it asks: one that has just come up has to prove itself first.
        for (const of of from.stable.services)
          for (const running of world.of('stable', of.name))
            Object.assign(running, { down: false, healthySince: world.now - 60_000 })
        world.tell({ kind: 'abort', by: 'ada' })
        world.run(2000)
        steps += world.steps
        expect(world.state.traffic).toBe('stable')
        expect(isOver(world.state.status)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('a rolling one, in which nothing dies, never has fewer instances than both releases', () => {
    fc.assert(
      fc.property(
        calmWorlds('rolling'),
        fc.array(calmAction, { maxLength: 120 }),
        (from, actions) => {
          const world = worldOf(from)
          begin(world)
          for (const todo of actions) {
            act(world, todo)
            for (const { name, routed } of from.stable.services)
              if (routed)
                expect(world.healthy(name)).toBeGreaterThanOrEqual(promised(world.state, name))
          }
          steps += world.steps
        },
      ),
      { numRuns: 300 },
    )
  })

  it('an abort at any point of any strategy leaves the old release whole, and nothing of the new one', () => {
    fc.assert(
      fc.property(
        fc.oneof(calmWorlds('rolling'), calmWorlds('recreate'), calmWorlds('blue-green')),
        fc.array(calmAction, { maxLength: 120 }),
        (from, actions) => {
          const world = worldOf(from)
          begin(world)
          for (const todo of actions) act(world, todo)
          if (isOver(world.state.status) || world.state.status === 'promoting') return
          world.tell({ kind: 'abort', by: 'ada' })
          world.run(400_000)
          steps += world.steps
          expect(isOver(world.state.status)).toBe(true)
          expect(world.served).toBe('stable')
          for (const { name, replicas } of from.stable.services)
            expect([name, world.of('stable', name).length]).toEqual([name, replicas])
          expect(running(world, 'candidate')).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('a crash at any effect, before it or right after it, changes nothing about the end', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        fc.constantFrom('fine', 'sick'),
        (from, at, after, fate) => {
          const smooth = story(from, fate, () => 'as it comes')
          const crashed = story(from, fate, (n) =>
            n === at ? (after ? 'twice' : 'read back') : 'as it comes',
          )
          expect(crashed).toEqual(smooth)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('no deadline comes early, however long the clock stood still', () => {
    fc.assert(
      fc.property(planOf(2), fc.integer({ min: 0, max: 4000 }), (candidate, early) => {
        const world = worldOf({ kind: 'release', candidate, stable: null })
        begin(world)
        for (const { key } of [...world.state.pending]) world.finish(key)
        for (const { name } of candidate.services)
          for (const running of world.of('candidate', name)) running.healthySince = null
        world.pass(early)
        world.look()
        steps += world.steps
        expect(world.state.problem).toBeNull()
      }),
    )
  })

  it('was tried in at least 20,000 steps', () => {
    expect(steps).toBeGreaterThan(20_000)
    expect(effectKinds.length).toBeGreaterThan(4)
  })
})

/** One event may pass through a state: dead while watched, with nothing to go back to, and so on. */
function reachable(from: Status, to: Status, depth = 3): boolean {
  return (
    moves[from].includes(to) ||
    (depth > 0 && moves[from].some((next) => reachable(next, to, depth - 1)))
  )
}

/** The deployment's end and what the world is then, with every effect done the way `how` says. */
function story(
  from: { kind: Rollout['kind']; candidate: RolloutPlan; stable: RolloutPlan | null },
  fate: string,
  how: (nth: number) => 'as it comes' | 'twice' | 'read back',
) {
  const world = worldOf(from)
  begin(world)
  let done = 0
  for (
    let turn = 0;
    turn < 800 && !isOver(world.state.status) && world.state.status !== 'blocked';
    turn += 1
  ) {
    for (const { key, effect } of [...world.state.pending]) {
      const way = how(done++)
      if (way === 'twice') world.carryOut(effect)
      if (way !== 'as it comes') world.state = JSON.parse(JSON.stringify(world.state)) as Rollout
      world.finish(key)
    }
    if (fate === 'sick' && world.state.status === 'baking') {
      for (const of of from.candidate.services) world.kill('candidate', of.name)
    }
    world.look()
    world.pass(250)
  }
  steps += world.steps
  const left = [...world.sets].map(([key, set]) => `${key} ${set.length}`).sort()
  return { status: world.state.status, stable: world.stable, served: world.served, left }
}

/** Instances that a rolling deployment always keeps serving: as many as both releases have. */
function promised({ candidate, stable }: Rollout, name: string): number {
  const replicas = [candidate, stable].map(
    (plan) => plan?.services.find((one) => one.name === name)?.replicas ?? 0,
  )
  return Math.min(...replicas)
}

const running = (world: World, side: 'candidate' | 'stable'): number =>
  [...world.sets]
    .filter(([key]) => key.startsWith(`${side}/`))
    .reduce((sum, [, set]) => sum + set.length, 0)

function watch(world: World): { check(): void } {
  let wentBack = false
  let wasBlocked = false
  let passed = false
  world.onDecided = (effect, state) => {
    if (effect.do === 'start' && effect.side === 'candidate') {
      expect(wentBack).toBe(false)
      if (state.kind === 'release') expect(world.jobs).toEqual(state.candidate.jobs)
      else expect(world.jobs).toEqual([])
    }
    if (effect.do === 'promote') passed = true
    if (effect.do === 'stop') {
      const plan = effect.side === 'candidate' ? state.candidate : state.stable
      const routed =
        plan?.services.filter((s) => s.routed && effect.services.includes(s.name)) ?? []
      if (effect.side === state.traffic && strategyOf(state) === 'blue-green')
        expect(routed).toEqual([])
      if (state.traffic === 'both')
        for (const { name } of routed)
          expect(world.without(effect, name)).toBeGreaterThanOrEqual(
            Math.min(world.healthy(name), promised(state, name)),
          )
    }
    if (effect.do === 'route' && effect.side === 'candidate' && state.status === 'shifting') {
      expect(canServe(world.view().candidate, state.candidate)).toBe(true)
    }
  }
  return {
    check() {
      const { state } = world
      wasBlocked ||= state.status === 'blocked'
      if (
        ['aborting', 'restoring', 'rolled_back', 'failed', 'superseded', 'cancelled'].includes(
          state.status,
        )
      )
        wentBack = true
      if (world.stable === 2) expect(passed).toBe(true)
      if (wentBack) expect(world.stable).not.toBe(2)
      // A blocked one leaves traffic with the healthier release when a newer one takes its place.
      if (wentBack && isOver(state.status) && !wasBlocked) expect(state.traffic).toBe('stable')
      if (strategyOf(state) === 'recreate' && state.status !== 'blocked')
        expect([running(world, 'candidate'), running(world, 'stable')]).toContain(0)
      if (isOver(state.status)) expect(state.pending).toEqual([])
      expect(new Set(state.pending.map(({ key }) => key)).size).toBe(state.pending.length)
    },
  }
}
