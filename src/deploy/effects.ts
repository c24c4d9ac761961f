import { setTimeout as timePasses } from 'node:timers/promises'
import { NaruError, type Problem } from '../base/error.ts'
import type { Deployment } from '../model/deployment.ts'
import { production } from '../model/environment.ts'
import type { Instance, InstanceId } from '../model/instance.ts'
import type { Effect, RolloutPlan, Side } from '../model/rollout.ts'
import type { SetId } from '../model/set.ts'
import { pointTo, requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { markStable, requireRelease } from '../store/releases.ts'
import { deployBranch, type Parts, warmMs } from './parts.ts'
import { isByNaru } from './releases.ts'
import { folderOf, setSpec } from './sets.ts'
import type { Traffic } from './traffic.ts'

/** Waits after each try to move a branch: long enough for the lock of a git that was killed to count as stale. */
const branchWaitsMs = [250, 500, 1000, 2000, 4000, 4000, 0]

/** Carries effects out through the doors. Every one may be done twice: after a crash it is not known whether it was. */
export class Effects {
  /** Instances that are drained before they end. */
  readonly #ending = new Set<InstanceId>()

  constructor(
    private readonly parts: Parts,
    private readonly traffic: Traffic,
  ) {}

  /** Resolves when the effect is true in the world. A `NaruError` that `isFinal` knows will not go away by itself. */
  async perform(deployment: Deployment, effect: Effect): Promise<void> {
    switch (effect.do) {
      case 'prepare':
        return this.#prepare(deployment)
      case 'start':
        return this.#start(deployment, effect.side, effect.services)
      case 'route':
        return this.#route(deployment)
      case 'stop':
        return this.#stop(deployment, effect.side, effect.services)
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
    for (const { id } of instances) this.#ending.add(id)
    try {
      await this.traffic.refresh()
      await Promise.all(
        instances.map(async ({ id }) => {
          await this.parts.router.drain(id, graceSeconds)
          if (this.#ending.has(id)) await this.parts.engine.stop([id], graceSeconds)
        }),
      )
    } finally {
      for (const { id } of instances) this.#ending.delete(id)
    }
  }

  async #prepare(deployment: Deployment): Promise<void> {
    const { store, engine } = this.parts
    const release = await requireRelease(store.db, deployment, deployment.release)
    await engine.prepare(release, await folderOf(store, release))
  }

  async #start(deployment: Deployment, side: Side, services: string[]): Promise<void> {
    const plan = planOf(deployment, side)
    for (const service of plan?.services ?? []) {
      if (!services.includes(service.name) || plan === null) continue
      const spec = await setSpec(this.parts.store, deployment, plan.release, service.name)
      await this.#spare(spec.set)
      await this.parts.engine.ensure(spec, service.replicas)
    }
  }

  /** An instance that is only being drained counts as one of the set: so it must not end. */
  async #spare(set: SetId): Promise<void> {
    if (this.#ending.size === 0) return
    for (const { id } of await this.parts.engine.list(set)) this.#ending.delete(id)
  }

  async #route({ app }: Deployment): Promise<void> {
    const { refused } = await this.traffic.refresh()
    const mine = refused.filter(({ route }) => route.app === app)
    if (mine.length === 0) return
    throw new NaruError('table.invalid', {
      issues: mine.map(({ route, reason }) => `${route.host}: ${reason}`),
    })
  }

  async #stop(deployment: Deployment, side: Side, services: string[]): Promise<void> {
    const plan = planOf(deployment, side)
    if (plan === null) return
    const release = await requireRelease(this.parts.store.db, deployment, plan.release)
    await Promise.all(
      services.map(async (service) => {
        const { app, environment } = deployment
        const instances = await this.parts.engine.list({
          app,
          environment,
          service,
          release: plan.release,
        })
        await this.end(instances, release.services[service]?.stop.graceSeconds ?? 0)
      }),
    )
  }

  async #promote(deployment: Deployment): Promise<void> {
    const { store, clock } = this.parts
    const { app, environment, release: to, from } = deployment
    // A release that died is not kept beside the one that replaced it.
    const keepsWarm =
      from !== null && !(deployment.rollout.kind === 'rollback' && isByNaru(deployment))
    const warm = keepsWarm ? { release: from, untilServed: clock.served() + warmMs } : null
    const release = await requireRelease(store.db, deployment, to)
    const at = clock.now().toISOString()
    await store.write(async (db) => {
      if ((await requireEnvironment(db, deployment)).stable === to) return // Done before a crash.
      await pointTo(db, deployment, { stable: to, warm })
      await markStable(db, deployment, to, at)
      await appendEvent(db, at, { app, environment, kind: 'stable.moved', data: { from, to } })
    })
    // The branch names what serves: so the same commit can be pushed again after it was rolled back.
    if (environment === production) await this.#moveBranch(app, release.commit)
  }

  /** A release that serves is not held up by its branch: when that cannot be moved for long, the next one moves it. */
  async #moveBranch(app: string, commit: string): Promise<void> {
    for (const waitMs of branchWaitsMs) {
      try {
        return await this.parts.source.moveRef(app, deployBranch, commit)
      } catch (error) {
        this.parts.log.error('the branch could not be moved', error, { app, commit })
      }
      await timePasses(waitMs, undefined, { ref: false })
    }
  }
}

/** The failure as data when trying again would not help. */
export function finalProblem(effect: Effect, error: unknown, release: number): Problem | null {
  if (!(error instanceof NaruError)) return null
  if (effect.do === 'prepare') {
    return { code: 'rollout.unprepared', facts: { release, reason: error.message } }
  }
  const final = [
    'engine.cannot',
    'engine.start-failed',
    'artifact.missing',
    'secret.unreadable',
    'table.invalid',
  ]
  return final.includes(error.code) && (effect.do === 'start' || effect.do === 'route')
    ? error.problem
    : null
}

const planOf = ({ rollout }: Deployment, side: Side): RolloutPlan | null =>
  side === 'candidate' ? rollout.candidate : rollout.stable
