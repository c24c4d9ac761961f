import type { Deployment } from '../model/deployment.ts'
import { type Place, placeKey } from '../model/environment.ts'
import type { RolloutEvent } from '../rollout/rollout.ts'
import { unfinishedBuilds } from '../store/builds.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { requireEnvironment } from '../store/environments.ts'
import { requireRelease } from '../store/releases.ts'
import type { Effects } from './effects.ts'
import { Executor } from './executor.ts'
import type { Parts } from './parts.ts'
import { rolloutPlan, viewOf } from './plan.ts'
import { SteadyLoop } from './steady-loop.ts'

/** How often a running deployment looks at the clock; everything else wakes it at once. */
const tickMs = 100
/** How often an environment at rest is held against what it should be. */
const restMs = 2000
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
  #executor: Executor | null = null
  #pass: Promise<void> | null = null
  #again = false
  #timer: NodeJS.Timeout | undefined
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

  /** Asks the deployment to go back; resolves when that is decided and written, or it was over before. */
  abort(deployment: number, by: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#aborts.push({ deployment, by, resolve, reject })
      this.wake()
    })
  }

  /** Stops acting; resolves when nothing of this lane runs any more. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#executor?.close()
    await this.#pass
  }

  async #passes(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        await this.#look()
      } catch (error) {
        this.parts.log.error('a pass failed', error, { place: placeKey(this.place) })
        this.#failed = true
        return
      }
    }
  }

  #sleep(): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    const ms = this.#failed ? failedMs : this.#executor === null ? restMs : tickMs
    this.#timer = setTimeout(() => this.wake(), ms)
    if (this.#again && !this.#failed) this.wake()
    this.#failed = false
  }

  async #look(): Promise<void> {
    await this.#tellAborts()
    await this.#tellSuperseded()
    const [current] = await this.#unfinished()
    if (current === undefined) {
      this.#executor = null
      return this.#steady.look()
    }
    const executor = this.#executorOf(current)
    if (this.#executor !== executor) {
      await executor.resume()
      this.#executor = executor
    }
    if (current.rollout.status === 'queued') await executor.tell(await this.#begin())
    await this.#observe(executor)
    if (executor.isOver) this.#finished()
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
        if (deployment) await this.#executorOf(deployment).tell({ kind: 'abort', by: abort.by })
        abort.resolve()
      } catch (error) {
        abort.reject(error)
      }
    }
  }

  /** The newest wish for an environment wins: the store says what was wished, so a crash forgets nothing. */
  async #tellSuperseded(): Promise<void> {
    const unfinished = await this.#unfinished()
    for (const deployment of unfinished) {
      const by = await this.#newerThan(deployment, unfinished)
      if (by !== undefined) await this.#executorOf(deployment).tell({ kind: 'supersede', by })
    }
  }

  async #begin(): Promise<RolloutEvent> {
    const { store } = this.parts
    const { stable } = await requireEnvironment(store.db, this.place)
    const release = stable === null ? null : await requireRelease(store.db, this.place, stable)
    return { kind: 'begin', stable: release && rolloutPlan(release) }
  }

  #finished(): void {
    this.#executor = null
    this.#steady.forget()
    this.#again = true
  }

  async #observe(executor: Executor): Promise<void> {
    const { app, environment } = this.place
    const instances = await this.parts.engine.list({ app, environment })
    const { candidate, stable } = executor.deployment.rollout
    const view = viewOf(instances, candidate.release, stable?.release ?? null)
    await executor.tell({ kind: 'observed', view })
  }

  /** What came after this deployment and wants the environment, in words; undefined when nothing does. */
  async #newerThan(current: Deployment, waiting: Deployment[]): Promise<string | undefined> {
    const deployment = waiting.filter((other) => other.number > current.number).at(-1)
    if (deployment !== undefined) return `v${deployment.release}`
    const builds = await unfinishedBuilds(this.parts.store.db, this.place)
    const build = builds.at(-1)
    return build === undefined ? undefined : `build ${build.number}`
  }

  #executorOf(deployment: Deployment): Executor {
    if (this.#executor?.deployment.number === deployment.number) return this.#executor
    return new Executor(this.parts, this.effects, () => this.wake(), deployment)
  }
}
