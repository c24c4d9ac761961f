import type { Environment, Place } from '../model/environment.ts'
import type { Instance, InstanceId } from '../model/instance.ts'
import { isRouted, type Release, type ReleaseService } from '../model/release.ts'
import type { RolloutPlan } from '../model/rollout.ts'
import { type SetPlan, steady } from '../rollout/steady.ts'
import { look, type Watch } from '../rollout/watch.ts'
import { listDeployments } from '../store/deployments.ts'
import { endWarm, findEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { findRelease, requireRelease } from '../store/releases.ts'
import { listScales } from '../store/scales.ts'
import type { Effects } from './effects.ts'
import type { Parts } from './parts.ts'
import { rolloutPlan, sideOf } from './plan.ts'
import { isByNaru } from './releases.ts'
import { surplus } from './scale.ts'
import { leftIn } from './serving.ts'
import { setSpec } from './sets.ts'

/** How far back the tries to take over are looked for. */
const takeOverTries = 10

/** Makes one environment's instances match its stable pointer while nothing is being deployed there. */
export class SteadyLoop {
  /** Sets that the engine was told of since the server started: only those does it start again by itself. */
  readonly #ensured = new Set<string>()
  readonly #ending = new Set<string>()
  #watch: Watch | null = null

  constructor(
    private readonly parts: Parts,
    private readonly effects: Effects,
    private readonly place: Place,
    private readonly takeOver: (place: Place, release: number) => Promise<unknown>,
  ) {}

  /** A deployment has passed: what was known of the sets may be wrong. */
  forget(): void {
    this.#ensured.clear()
    this.#watch = null
  }

  /** Whether a release is watched that a warm one would replace. */
  get isWatching(): boolean {
    return this.#watch !== null
  }

  async look(): Promise<void> {
    const { store, engine, clock } = this.parts
    const environment = await findEnvironment(store.db, this.place)
    if (environment === undefined) return // Its app was destroyed.
    const stable = await this.#release(environment.stable)
    const warm = await this.#release(environment.warm?.release ?? null)
    const { app, environment: name } = this.place
    const instances = await engine.list({ app, environment: name })
    const scales = await listScales(store.db, this.place)
    if (await this.#diesWarm(environment, stable && rolloutPlan(stable, scales), instances)) return

    const warmPlan = warm &&
      environment.warm && {
        plan: rolloutPlan(warm, scales),
        untilServed: environment.warm.untilServed,
      }
    const left = await this.#release(await leftIn(store.db, environment))
    const plan = steady(
      stable && rolloutPlan(stable, scales),
      warmPlan,
      clock.served(),
      left === null || left.number === stable?.number ? null : rolloutPlan(left, scales),
    )
    const failures: unknown[] = []
    for (const set of plan.keep)
      await this.#keep(set, instances).catch((error: unknown) => failures.push(error))
    if (plan.warmOver && warm !== null) await this.#endWarm(warm)
    await this.#endOthers(plan.keep, instances)
    // One set that cannot be kept keeps nothing else from being done; the whole is tried again.
    if (failures.length > 0) throw failures[0]
  }

  async #release(number: number | null): Promise<Release | null> {
    return number === null ? null : requireRelease(this.parts.store.db, this.place, number)
  }

  async #keep({ release, service, count }: SetPlan, instances: Instance[]): Promise<void> {
    const key = `${service}@v${release}`
    const there = instances.filter(
      ({ set, health }) =>
        set.release === release && set.service === service && health !== 'stopping',
    )
    if (this.#ensured.has(key) && there.length >= count) return
    if (await this.#waits({ release, service }, instances)) return
    await this.parts.engine.ensure(
      await setSpec(this.parts.store, this.place, release, service),
      count,
    )
    this.#ensured.add(key)
  }

  /** Where it must not run beside another release, what is left of that ends first; its end wakes this loop. */
  async #waits(
    { release, service }: Pick<SetPlan, 'release' | 'service'>,
    instances: Instance[],
  ): Promise<boolean> {
    const others = instances
      .filter(({ set }) => set.service === service && set.release !== release)
      .map(({ set }) => set.release)
    if (others.length === 0) return false
    const its = await this.#worker(release, service)
    if (its === undefined) return false
    for (const other of new Set(others)) {
      const theirs = await this.#worker(other, service)
      if (theirs !== undefined && [its, theirs].some(({ overlap }) => overlap === 'none'))
        return true
    }
    return false
  }

  /** The service as the release has it, where no traffic reaches it. */
  async #worker(release: number, service: string): Promise<ReleaseService | undefined> {
    const of = await findRelease(this.parts.store.db, this.place, release)
    return of === undefined || isRouted(of, service) ? undefined : of.services[service]
  }

  /** While its predecessor is warm, a release that has died is replaced by it. Only an older one takes over. */
  async #diesWarm(
    { warm }: Environment,
    stable: RolloutPlan | null,
    instances: Instance[],
  ): Promise<boolean> {
    if (stable === null || warm === null || warm.release > stable.release) {
      this.#watch = null
      return false
    }
    const { watch, dead } = look(
      this.#watch,
      stable,
      sideOf(instances, stable.release),
      this.parts.clock.served(),
    )
    this.#watch = watch
    return dead && (await this.#mayTakeOver(warm.release)) && (await this.#takenOver(warm.release))
  }

  /** After each time that it could not, twice as long: the release that has died is started again meanwhile. */
  async #mayTakeOver(release: number): Promise<boolean> {
    const recent = await listDeployments(this.parts.store.db, this.place, takeOverTries)
    const others = recent.findIndex((one) => !isByNaru(one) || one.release !== release)
    const tries = others === -1 ? recent.length : others
    const last = recent[0]
    if (tries === 0 || !last?.endedAt) return true
    // In time that was served: the wall clock may have been set since.
    return this.parts.clock.served() - last.rollout.since >= 60_000 * 2 ** (tries - 1)
  }

  /** False when it cannot: then the release that has died is all there is, and is kept. */
  async #takenOver(release: number): Promise<boolean> {
    try {
      await this.takeOver(this.place, release)
      return true
    } catch (error) {
      const { app } = this.place
      this.parts.log.error('the warm release cannot take over', error, { app, release })
      return false
    }
  }

  async #endWarm(warm: Release): Promise<void> {
    const { store, clock } = this.parts
    const { app, environment } = this.place
    await store.write(async (db) => {
      await endWarm(db, this.place)
      await appendEvent(db, clock.now().toISOString(), {
        app,
        environment,
        kind: 'warm.ended',
        data: { release: warm.number },
      })
    })
  }

  /** Does not wait: an end may take its whole grace, and the next push must not. */
  async #endOthers(keep: SetPlan[], instances: Instance[]): Promise<void> {
    const staying = instances.filter(({ id }) => !this.#ending.has(id))
    const kept = new Set(keep.flatMap((set) => keptOf(set, staying)))
    for (const instance of instances) {
      if (kept.has(instance.id) || this.#ending.has(instance.id)) continue
      // Unknown: left of an app of this name that was destroyed.
      const release = await findRelease(this.parts.store.db, this.place, instance.set.release)
      const grace = release?.services[instance.set.service]?.stop.graceSeconds ?? 0
      this.#ending.add(instance.id)
      void this.effects
        .end([instance], grace)
        .catch((error: unknown) =>
          this.parts.log.error('an instance could not be ended', error, { id: instance.id }),
        )
        .finally(() => this.#ending.delete(instance.id))
    }
  }
}

/** Those of a set that stay: of more than are wanted the newest are not among them. */
function keptOf({ release, service, count }: SetPlan, instances: Instance[]): InstanceId[] {
  const there = instances.filter(({ set }) => set.release === release && set.service === service)
  const tooMany = new Set(surplus(there, count).map(({ id }) => id))
  return there.map(({ id }) => id).filter((id) => !tooMany.has(id))
}
