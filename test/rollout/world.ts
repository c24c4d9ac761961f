import type {
  Effect,
  Rollout,
  RolloutPlan,
  ServicePlan,
  Serving,
  Side,
} from '../../src/model/rollout.ts'
import type { Strategy } from '../../src/model/spec.ts'
import { newRollout, type RolloutEvent, step } from '../../src/rollout/rollout.ts'
import type { InstanceView, View } from '../../src/rollout/view.ts'

/** A service of a made-up app: a routed `web` or a `worker`. */
export const service = (name: string, more: Partial<ServicePlan> = {}): ServicePlan => ({
  name,
  routed: name.startsWith('web'),
  replicas: 1,
  healthyForMs: 2000,
  healthyWithinMs: 60_000,
  settleMs: 10_000,
  overlap: 'allowed',
  ...more,
})

export const plan = (release: number, ...services: ServicePlan[]): RolloutPlan => ({
  release,
  strategy: 'blue-green',
  services,
  jobs: [],
})

/** The same release, deployed another way. */
export const by = (strategy: Strategy, of: RolloutPlan, jobs: string[] = []): RolloutPlan => ({
  ...of,
  strategy,
  jobs,
})

type Running = { healthySince: number | null; down: boolean; restarts: number; exit: string }

/**
 * Instances, router and pointer as the effects leave them, on a clock that only `pass` moves. It does what it
 * is told and may do it twice; how the programs in it behave is up to the test.
 */
export class World {
  now = 1000
  /** What the router serves; null is the page "no instances". */
  served: Serving | null
  stable: number | null
  /** Sets whose new instances never get healthy: "stable/web". */
  readonly sick = new Set<string>()
  /** That have run. */
  readonly jobs: string[] = []
  readonly sets = new Map<string, Running[]>()
  /** Told of each decision, before it is carried out. */
  onDecided: (effect: Effect, state: Rollout) => void = () => {}
  state: Rollout
  steps = 0

  constructor(state: Rollout) {
    this.state = state
    this.served = state.traffic
    this.stable = state.stable?.release ?? null
    for (const service of state.stable?.services ?? []) this.start('stable', service, 3_000)
  }

  /** Instances that become healthy `afterMs` from now; null: never. */
  start(
    side: Side,
    service: ServicePlan,
    afterMs: number | null = 0,
    count = service.replicas,
  ): void {
    const set = this.of(side, service.name)
    while (set.length < count) {
      set.push({
        healthySince: afterMs === null ? null : this.now + afterMs,
        down: false,
        restarts: 0,
        exit: '',
      })
    }
  }

  of(side: Side, name: string): Running[] {
    const key = `${side}/${name}`
    const set = this.sets.get(key) ?? []
    this.sets.set(key, set)
    return set
  }

  /** Every instance of the service ends, and runs again unless it has been started too often. */
  kill(side: Side, name: string): void {
    for (const running of this.of(side, name)) {
      running.restarts += 1
      running.down = true
      running.exit = 'exit code 1'
      running.healthySince = null
    }
  }

  revive(side: Side, name: string): void {
    for (const running of this.of(side, name)) {
      if (running.down) Object.assign(running, { down: false, healthySince: this.now })
    }
  }

  tell(event: RolloutEvent): void {
    const { state, effects } = step(this.state, event, this.now)
    this.state = state
    this.steps += 1
    for (const { effect } of effects) this.onDecided(effect, state)
  }

  /** Carries the effect out without telling anybody: what a crash right after it leaves. */
  carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'start':
        for (const of of this.planOf(effect.side)?.services ?? []) {
          if (effect.services.includes(of.name))
            this.start(
              effect.side,
              of,
              this.sick.has(`${effect.side}/${of.name}`) ? null : 0,
              Math.min(of.replicas, effect.count ?? of.replicas),
            )
        }
        break
      case 'stop':
        for (const name of effect.services) this.stop(effect.side, name, effect.leave ?? 0)
        break
      case 'job':
        if (!this.jobs.includes(effect.job)) this.jobs.push(effect.job)
        break
      case 'end-job':
        break
      case 'route':
        this.served = this.state.traffic
        break
      case 'promote':
        this.stable = this.state.candidate.release
        break
      case 'prepare':
        break
    }
  }

  /** What is not healthy goes first; then of the old release the oldest, of the other the newest. */
  private stop(side: Side, name: string, leave: number): void {
    const set = this.of(side, name)
    const isHealthy = ({ healthySince, down }: Running) =>
      Number(!down && healthySince !== null && healthySince <= this.now)
    const order = side === 'stable' ? [...set] : [...set].reverse()
    const ending = order
      .sort((a, b) => isHealthy(a) - isHealthy(b))
      .slice(0, Math.max(0, set.length - leave))
    this.sets.set(
      `${side}/${name}`,
      set.filter((one) => !ending.includes(one)),
    )
  }

  /** How many of the service would be healthy if that were ended now. */
  without(effect: Effect & { do: 'stop' }, name: string): number {
    const before = this.of(effect.side, name)
    this.stop(effect.side, name, effect.leave ?? 0)
    const left = this.healthy(name)
    this.sets.set(`${effect.side}/${name}`, before)
    return left
  }

  /** Healthy instances of the service now, of both releases. */
  healthy(name: string): number {
    const view = this.view()
    return [view.candidate, view.stable]
      .flatMap((side) => side[name] ?? [])
      .filter(({ healthy }) => healthy).length
  }

  finish(key: string): void {
    const pending = this.state.pending.find((other) => other.key === key)
    if (pending === undefined) return
    this.carryOut(pending.effect)
    this.tell({ kind: 'done', key })
  }

  look(): void {
    this.tell({ kind: 'observed', view: this.view() })
  }

  pass(ms: number): void {
    this.now += ms
  }

  /** Everything decided is done and time goes by, until nothing changes any more or `ms` have passed. */
  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.pass(250)) {
      for (const { key } of [...this.state.pending]) this.finish(key)
      this.look()
    }
  }

  view(): View {
    return { candidate: this.side('candidate'), stable: this.side('stable') }
  }

  private side(side: Side): Record<string, InstanceView[]> {
    const services = this.planOf(side)?.services ?? []
    return Object.fromEntries(
      services.map(({ name }) => [name, this.of(side, name).map((r) => this.instance(r))]),
    )
  }

  private instance({ healthySince, down, restarts, exit }: Running): InstanceView {
    const healthy = !down && healthySince !== null && healthySince <= this.now
    const healthyForMs = healthy && healthySince !== null ? this.now - healthySince : 0
    const reason = healthy ? '' : 'connection refused'
    return {
      healthy,
      down,
      awaited: false,
      healthyForMs,
      restarts,
      exit,
      reason,
      port: 20_000,
      listening: [],
    }
  }

  private planOf(side: Side): RolloutPlan | null {
    return side === 'candidate' ? this.state.candidate : this.state.stable
  }
}

/** A deployment of `candidate` in a world where `stable` serves, just begun. */
export function begun(
  candidate: RolloutPlan,
  stable: RolloutPlan | null,
  kind: Rollout['kind'] = 'release',
): World {
  const world = new World({ ...newRollout(kind, candidate, 1000), stable })
  world.pass(10_000)
  world.tell({ kind: 'begin', stable })
  return world
}
