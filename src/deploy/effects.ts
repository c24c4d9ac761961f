import { errorOf, NaruError, type Problem } from '../base/error.ts'
import type { Deployment } from '../model/deployment.ts'
import { placeKey } from '../model/environment.ts'
import type { Instance } from '../model/instance.ts'
import type { Release } from '../model/release.ts'
import { type Effect, type RolloutPlan, type Side, strategyOf } from '../model/rollout.ts'
import type { SetId } from '../model/set.ts'
import { pointTo, requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { newestJobRun } from '../store/jobs.ts'
import { findRelease, markStable, requireRelease } from '../store/releases.ts'
import { moveBranch } from './branches.ts'
import { jobProblem, runJob } from './jobs.ts'
import { type Parts, warmMs } from './parts.ts'
import { pause } from './pause.ts'
import { isByNaru } from './releases.ts'
import { bodyOf, setSpec } from './sets.ts'
import type { Traffic } from './traffic.ts'

/** Waits after each try to move a branch: long enough for the lock of a git that was killed to count as stale. */
const branchWaitsMs = [250, 500, 1000, 2000, 4000, 4000, 0]

/** Carries effects out through the doors. Every one may be done twice: after a crash it is not known whether it was. */
export class Effects {
  constructor(
    private readonly parts: Parts,
    private readonly traffic: Traffic,
  ) {}

  /**
   * Resolves when the effect is true in the world. Some failures will not go away by themselves: `finalProblem` knows
   * them. `giveUp` fires when the effect is not wanted any more.
   */
  async perform(deployment: Deployment, effect: Effect, giveUp?: AbortSignal): Promise<void> {
    switch (effect.do) {
      case 'prepare':
        return this.#prepare(deployment)
      case 'job':
        return this.#job(deployment, effect.job, giveUp)
      case 'end-job':
        return this.#endJob(deployment, effect.job)
      case 'start':
        return this.#start(deployment, effect)
      case 'route':
        return this.#route(deployment)
      case 'stop':
        return this.#stop(deployment, effect)
      case 'promote':
        return this.#promote(deployment)
    }
  }

  /**
   * Takes instances out of rotation, waits for what they are answering, and ends them: all but those whose set was
   * asked for again meanwhile, since they may be serving.
   */
  async end(instances: Instance[], graceSeconds: number): Promise<void> {
    if (instances.length === 0) return
    const { ending } = this.traffic
    for (const { id } of instances) ending.add(id)
    try {
      await this.traffic.refresh()
      await Promise.all(
        instances.map(async ({ id }) => {
          await this.parts.router.drain(id, graceSeconds)
          if (ending.has(id)) await this.parts.engine.stop([id], graceSeconds)
        }),
      )
    } finally {
      for (const { id } of instances) ending.delete(id)
    }
  }

  async #prepare(deployment: Deployment): Promise<void> {
    const { store, engine } = this.parts
    const release = await requireRelease(store.db, deployment, deployment.release)
    await engine.prepare(release, await bodyOf(store, release))
  }

  async #job(deployment: Deployment, job: string, giveUp?: AbortSignal): Promise<void> {
    const { release, by, number } = deployment
    const end = await runJob(this.parts, deployment, release, job, by, {
      ...(giveUp && { cancel: giveUp }),
      deployment: number,
    })
    const of = await requireRelease(this.parts.store.db, deployment, release)
    const problem = jobProblem(of, job, end)
    if (problem !== null) throw errorOf(problem)
  }

  /** It may have been begun by a server that died. */
  async #endJob(deployment: Deployment, job: string): Promise<void> {
    const { release, by } = deployment
    const running = { release, job, status: 'running' as const }
    if (!(await newestJobRun(this.parts.store.db, deployment, running))) return
    await runJob(this.parts, deployment, release, job, by, { cancel: AbortSignal.abort() })
  }

  async #start(deployment: Deployment, effect: EffectOf<'start'>): Promise<void> {
    const plan = planOf(deployment, effect.side)
    for (const { name, replicas } of plan?.services ?? []) {
      if (!effect.services.includes(name) || plan === null) continue
      const spec = await setSpec(this.parts.store, deployment, plan.release, name)
      await this.#spare(spec.set)
      await this.parts.engine.ensure(spec, Math.min(replicas, effect.count ?? replicas))
    }
  }

  /** An instance that is only being drained counts as one of the set: so it must not end. */
  async #spare(set: SetId): Promise<void> {
    const { ending } = this.traffic
    if (ending.size === 0) return
    const spared = (await this.parts.engine.list(set)).filter(({ id }) => ending.delete(id))
    if (spared.length > 0) await this.traffic.refresh()
  }

  async #route(deployment: Deployment): Promise<void> {
    const { refused } = await this.traffic.refresh()
    const mine = refused.filter(({ route }) => placeKey(route) === placeKey(deployment))
    if (mine.length === 0) return
    throw new NaruError('table.invalid', {
      issues: mine.map(({ route, reason }) => `${route.host}: ${reason}`),
    })
  }

  async #stop(deployment: Deployment, effect: EffectOf<'stop'>): Promise<void> {
    const plan = planOf(deployment, effect.side)
    if (plan === null) return
    const { app, environment, rollout } = deployment
    const here = await this.parts.engine.list({ app, environment })
    const ending = effect.services.flatMap((service) =>
      surplusOf(
        here.filter(({ set }) => set.release === plan.release && set.service === service),
        effect,
      ),
    )
    // What a release before has left, warm or working, must not run beside the new one either, nor what is only ending.
    const worker = ({ set }: Instance) =>
      effect.services.includes(set.service) &&
      plan.services.some(({ name, routed }) => name === set.service && !routed)
    const alone = strategyOf(rollout) === 'recreate'
    const others = here.filter(
      (one) =>
        effect.side === 'stable' &&
        one.set.release !== rollout.candidate.release &&
        (alone || (one.set.release !== plan.release && worker(one))),
    )
    const all = [...new Set([...ending, ...others])]
    await Promise.all(all.map(async (one) => this.end([one], await this.#graceSeconds(one))))
  }

  async #graceSeconds({ set }: Instance): Promise<number> {
    const release = await findRelease(this.parts.store.db, set, set.release)
    return release?.services[set.service]?.stop.graceSeconds ?? 0
  }

  async #promote(deployment: Deployment): Promise<void> {
    const { store, clock } = this.parts
    const { app, environment, release: to, from: before, rollout } = deployment
    // A release that died is not kept beside the one that replaced it; other strategies have ended what they replaced.
    const keepsWarm =
      before !== null &&
      strategyOf(rollout) === 'blue-green' &&
      !(rollout.kind === 'rollback' && isByNaru(deployment))
    const warm = keepsWarm ? { release: before, untilServed: clock.served() + warmMs } : null
    const release = await requireRelease(store.db, deployment, to)
    const at = clock.now().toISOString()
    await store.write(async (db) => {
      const { stable: from } = await requireEnvironment(db, deployment)
      if (from === to) return // Done before a crash.
      await pointTo(db, deployment, { stable: to, warm })
      await markStable(db, deployment, to, at)
      await appendEvent(db, at, { app, environment, kind: 'stable.moved', data: { from, to } })
    })
    await this.#moveBranch(release)
  }

  /** A release that serves is not held up by its branch: when that cannot be moved for long, the next one moves it. */
  async #moveBranch(release: Release): Promise<void> {
    for (const waitMs of branchWaitsMs) {
      try {
        return await moveBranch(this.parts, release, release)
      } catch (error) {
        const { app, environment, commit } = release
        this.parts.log.error('the branch could not be moved', error, { app, environment, commit })
      }
      await pause(this.parts.clock, waitMs)
    }
  }
}

/** The failure as data when trying again would not help. */
export function finalProblem(effect: Effect, error: unknown): Problem | null {
  if (!(error instanceof NaruError)) return null
  // A full disk passes. Of all else it is not known what a second run of the job would do.
  if (effect.do === 'job') return error.code.startsWith('data.') ? null : error.problem
  if (effect.do === 'prepare') return error.problem
  const final = [
    'engine.no-port',
    'engine.start-failed',
    'artifact.missing',
    'secret.unreadable',
    'table.invalid',
  ]
  return final.includes(error.code) && (effect.do === 'start' || effect.do === 'route')
    ? error.problem
    : null
}

type EffectOf<K extends Effect['do']> = Extract<Effect, { do: K }>

/**
 * All but so many of a set, and those that are stopping already. What is not healthy goes first; then of the old release
 * the oldest, of one that is given up the newest. The same instances give the same answer, as after a crash.
 */
function surplusOf(set: Instance[], { leave = 0, side }: EffectOf<'stop'>): Instance[] {
  const isHealthy = ({ health }: Instance) => Number(health === 'healthy')
  const age = (a: Instance, b: Instance) =>
    a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.id < b.id) ? -1 : 1
  const stopping = set.filter(({ health }) => health === 'stopping')
  const there = set
    .filter(({ health }) => health !== 'stopping')
    .sort((a, b) => isHealthy(a) - isHealthy(b) || (side === 'stable' ? age(a, b) : age(b, a)))
  return [...stopping, ...there.slice(0, Math.max(0, there.length - leave))]
}

const planOf = ({ rollout }: Deployment, side: Side): RolloutPlan | null =>
  side === 'candidate' ? rollout.candidate : rollout.stable
