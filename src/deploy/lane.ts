import type { CancelTimer } from '../base/clock.ts'
import { NaruError } from '../base/error.ts'
import { isAway } from '../engine/engines.ts'
import type { Deployment } from '../model/deployment.ts'
import { type Place, placeKey } from '../model/environment.ts'
import type { RolloutEvent } from '../rollout/rollout.ts'
import { requireDeployment, unfinishedDeployments } from '../store/deployments.ts'
import { findEnvironment, requireEnvironment } from '../store/environments.ts'
import { requireRelease } from '../store/releases.ts'
import { listScales } from '../store/scales.ts'
import type { Effects } from './effects.ts'
import { Executor } from './executor.ts'
import { newerThan } from './newest-wish.ts'
import type { Parts } from './parts.ts'
import { rolloutPlan, viewOf } from './plan.ts'
import { leftIn } from './serving.ts'
import { SteadyLoop } from './steady-loop.ts'

/** How often a running deployment looks at the clock; everything else wakes it at once. */
const tickMs = 100
/** How often an environment at rest is held against what it should be. */
const restMs = 10_000
/** While a release may be dying: what is decided then depends on how long it has been. */
const watchMs = 2000
/** After a pass that failed, as on a full disk: time for it to pass. */
const failedMs = 1000

type Abort = {
  deployment: number
  by: string
  resolve: () => void
  reject: (error: unknown) => void
}

/** One environment: at most one deployment at a time, and the steady loop while there is none. */
export class Lane {
  /** One for each deployment that is not over, so that no two ever write of the same. */
  readonly #executors = new Map<number, Executor>()
  #isDeploying = false
  /** Whether the environment was looked at at rest since the start: from then on the engine knows what is stable. */
  #hasRested = false
  #pass: Promise<void> | null = null
  #again = false
  #cancelTimer: CancelTimer = () => {}
  #closed = false
  #failed = false
  #aborts: Abort[] = []
  readonly #steady: SteadyLoop

  constructor(
    private readonly parts: Parts,
    private readonly effects: Effects,
    private readonly place: Place,
    /** Asks for a rollback to this release by Naru itself. */
    takeOver: (place: Place, release: number) => Promise<unknown>,
    /** The environment is gone and the lane has ended; `woken` says that somebody asked for something meanwhile. */
    private readonly left: (woken: boolean) => void,
  ) {
    this.#steady = new SteadyLoop(parts, effects, place, takeOver)
  }

  /** Something may have changed: looks as soon as the look under way is over. */
  wake(): void {
    if (this.#closed) return
    this.#again = true
    this.#pass ??= this.#passes().finally(() => {
      this.#pass = null
      this.#sleep()
    })
  }

  /** Asks the deployment to go back; resolves when that is decided and written, `deployment.over` when it has ended. */
  abort(deployment: number, by: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('the lane is closed'))
      this.#aborts.push({ deployment, by, resolve, reject })
      this.wake()
    })
  }

  /** Stops acting; resolves when nothing of this lane runs any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTimer()
    const closing = [...this.#executors.values()].map((executor) => executor.close())
    await Promise.all([this.#pass, ...closing])
    for (const abort of this.#aborts.splice(0)) abort.reject(new Error('the lane is closed'))
  }

  async #passes(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        await this.#look()
      } catch (error) {
        // That an engine does not answer, it has told itself, once.
        if (!isAway(error))
          this.parts.log.error('a pass failed', error, { place: placeKey(this.place) })
        this.#failed = true
        return
      }
    }
  }

  #sleep(): void {
    if (this.#closed) return
    this.#cancelTimer()
    this.#cancelTimer = this.parts.clock.after(this.#sleepMs(), () => this.wake())
    if (this.#again && !this.#failed) this.wake()
    this.#failed = false
  }

  #sleepMs(): number {
    if (this.#failed) return failedMs
    if (this.#isDeploying) return tickMs
    return this.#steady.isWatching ? watchMs : restMs
  }

  async #look(): Promise<void> {
    await this.#tellAborts()
    await this.#tellSuperseded()
    const unfinished = await this.#unfinished()
    this.#forgetOthers(unfinished)
    const [current] = unfinished
    this.#isDeploying = current !== undefined
    if (current === undefined) return this.#rest()
    if (current.rollout.status === 'queued' && !this.#hasRested) await this.#restOnce()
    const executor = await this.#executorOf(current)
    if (executor.deployment.rollout.status === 'queued') await executor.tell(await this.#begin())
    await this.#observe(executor)
    if (executor.isOver) this.#finished()
  }

  async #rest(): Promise<void> {
    const isThere = (await findEnvironment(this.parts.store.db, this.place)) !== undefined
    if (!isThere) return this.#leave()
    await this.#steady.look()
    this.#hasRested = true
  }

  /** It was removed: whoever asks for it again gets a new lane. */
  #leave(): void {
    this.#closed = true
    this.#cancelTimer()
    for (const abort of this.#aborts.splice(0))
      abort.reject(new NaruError('environment.unknown', { ...this.place }))
    this.left(this.#again)
  }

  /** What waits begins all the same: it may be what mends it. */
  async #restOnce(): Promise<void> {
    this.#hasRested = true
    try {
      await this.#steady.look()
    } catch (error) {
      const place = placeKey(this.place)
      this.parts.log.error('what is stable cannot be kept', error, { place })
    }
  }

  /** The one that has the environment first, then those that wait, oldest first. */
  async #unfinished(): Promise<Deployment[]> {
    const all = await unfinishedDeployments(this.parts.store.db, this.place)
    const begun = all.filter(({ rollout }) => rollout.status !== 'queued')
    return [...begun, ...all.filter(({ rollout }) => rollout.status === 'queued')]
  }

  async #tellAborts(): Promise<void> {
    for (const abort of this.#aborts.splice(0)) {
      try {
        const deployment = (await this.#unfinished()).find(
          ({ number }) => number === abort.deployment,
        )
        if (deployment === undefined) throw await this.#over(abort.deployment)
        const executor = await this.#executorOf(deployment)
        // It is stable in a moment, and nothing can be taken back until it is: then it has ended.
        if (executor.deployment.rollout.status === 'promoting') this.#aborts.push(abort)
        else {
          await executor.tell({ kind: 'abort', by: abort.by })
          abort.resolve()
        }
      } catch (error) {
        abort.reject(error)
      }
    }
  }

  async #over(number: number): Promise<NaruError> {
    const { rollout } = await requireDeployment(this.parts.store.db, this.place, number)
    return new NaruError('deployment.over', {
      ...this.place,
      deployment: number,
      status: rollout.status,
    })
  }

  /** The newest wish for an environment wins: the store says what was wished, so a crash forgets nothing. */
  async #tellSuperseded(): Promise<void> {
    const unfinished = await this.#unfinished()
    for (const deployment of unfinished) {
      const by = await newerThan(this.parts.store.db, deployment, unfinished)
      if (by === undefined) continue
      const executor = await this.#executorOf(deployment)
      await executor.tell({ kind: 'supersede', by })
    }
  }

  async #begin(): Promise<RolloutEvent> {
    const { store } = this.parts
    const environment = await requireEnvironment(store.db, this.place)
    const scales = await listScales(store.db, this.place)
    const planOf = async (release: number | null) =>
      release === null
        ? null
        : rolloutPlan(await requireRelease(store.db, this.place, release), scales)
    const { stable } = environment
    const left = await leftIn(store.db, environment)
    const serving = left === stable ? null : await planOf(left)
    return { kind: 'begin', stable: await planOf(stable), serving }
  }

  #finished(): void {
    this.#steady.forget()
    this.#again = true
  }

  async #observe(executor: Executor): Promise<void> {
    const { app, environment } = this.place
    const instances = await this.parts.engine.list({ app, environment })
    const { candidate, stable } = executor.deployment.rollout
    const view = viewOf(instances, candidate.release, stable?.release ?? null)
    await executor.tell({ kind: 'observed', view })
    executor.fill(view)
  }

  /** The one that carries this deployment; where a server before began it, it is taken up where that left it. */
  async #executorOf(deployment: Deployment): Promise<Executor> {
    const known = this.#executors.get(deployment.number)
    if (known !== undefined) return known
    const executor = new Executor(this.parts, this.effects, () => this.wake(), deployment)
    this.#executors.set(deployment.number, executor)
    await executor.resume()
    return executor
  }

  #forgetOthers(unfinished: Deployment[]): void {
    for (const number of this.#executors.keys())
      if (!unfinished.some((deployment) => deployment.number === number))
        this.#executors.delete(number)
  }
}
