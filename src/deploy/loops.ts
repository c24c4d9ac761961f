import type { CancelTimer } from '../base/clock.ts'
import { NaruError } from '../base/error.ts'
import { isAway } from '../engine/engines.ts'
import type { Build } from '../model/build.ts'
import { naruItself } from '../model/deployment.ts'
import { type Place, placeKey } from '../model/environment.ts'
import { listApps } from '../store/apps.ts'
import { saveServedMs } from '../store/clock.ts'
import { dailyCopy } from '../store/copies.ts'
import { findEnvironment, listEnvironments } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { Builder } from './builder.ts'
import { collect } from './collector.ts'
import { Effects } from './effects.ts'
import { Lane } from './lane.ts'
import type { Parts } from './parts.ts'
import { finishRemovals } from './removal.ts'
import { queueRollback } from './rollback.ts'
import { Traffic } from './traffic.ts'

/** How much served time a crash may forget: deadlines only ever come later for it. */
const clockSaveMs = 10_000
const collectMs = 10 * 60_000
const copyMs = 60 * 60_000
/** Between two questions whether an engine answers that did not at the start. */
const awayMs = 500

/** Everything that goes on for ever: a lane for each environment, the build queue, the route table, cleaning up. */
export class Loops {
  readonly traffic: Traffic
  readonly builder: Builder
  readonly #effects: Effects
  readonly #lanes = new Map<string, Lane>()
  /** Cancels the next call of each timed task, by its name. */
  readonly #timers = new Map<string, CancelTimer>()
  readonly #unwatch: (() => void)[] = []
  /** Places that are being destroyed: nothing acts there. */
  readonly #dropped = new Set<string>()
  #closed = false
  #isCollecting = false
  #removals: Promise<void> = Promise.resolve()

  constructor(private readonly parts: Parts) {
    const { store, engine, router, log, domain, clock } = parts
    this.traffic = new Traffic({ store, engine, router, log, domain, now: clock.now })
    this.#effects = new Effects(parts, this.traffic)
    this.builder = new Builder(parts, (build) => this.wake(build))
  }

  /** Begins. Nothing is changed for what an engine may run that does not answer yet; all else goes on without it. */
  async start(): Promise<void> {
    const { engine, router, store, source } = this.parts
    this.#unwatch.push(
      engine.watch(() => this.#instancesChanged()),
      router.watch(
        () =>
          void this.#routerCameBack().catch((error) => this.#failed('the returned router', error)),
      ),
    )
    for (const { name } of await listApps(store.db)) await source.ensure(name)
    await this.#takeOver()
    await this.builder.start()
    this.#every(clockSaveMs, 'keeping the clock', () => this.#saveClock())
    this.#every(copyMs, 'the daily copy', () => dailyCopy(store, this.parts.clock.now()))
    this.#every(collectMs, 'cleaning up', () => this.#collectInTime())
  }

  /** Puts right what the server before has left, and goes on where it was. */
  async #takeOver(): Promise<void> {
    await this.#clearUp()
    this.#refresh()
    for (const place of await listEnvironments(this.parts.store.db)) this.wake(place)
  }

  /** Ends and removes what is left of what was destroyed; where an engine does not answer, once it does. */
  async #clearUp(): Promise<void> {
    try {
      await this.#endStrangers()
      await this.finishRemovals()
    } catch (error) {
      if (!isAway(error)) throw error
      const again = () =>
        void this.#clearUp().catch((problem) => this.#failed('clearing up', problem))
      if (!this.#closed) this.#timers.set('clearing up', this.parts.clock.after(awayMs, again))
    }
  }

  /** Something of this place may have changed. */
  wake(place: Place): void {
    if (!this.#closed && !this.#dropped.has(placeKey(place))) this.#lane(place).wake()
  }

  /** Rejects when nothing acts there any more. */
  async abort(place: Place, deployment: number, by: string): Promise<void> {
    this.#requireActing(place)
    try {
      return await this.#lane(place).abort(deployment, by)
    } catch (error) {
      this.#requireActing(place) // Being destroyed meanwhile: that says more than what failed of it.
      throw error
    }
  }

  #requireActing({ app, environment }: Place): void {
    if (this.#dropped.has(placeKey({ app, environment })))
      throw new NaruError('environment.unknown', { app, environment })
    if (this.#closed) throw new Error('nothing acts there')
  }

  /** Ends what is being built for builds that the store no longer wants; resolves when nothing of them runs any more. */
  async cancel(builds: Build[]): Promise<void> {
    await Promise.all(builds.map((build) => this.builder.cancel(build)))
  }

  /** Lets go of a place that is being destroyed, until it is readmitted. */
  async drop(place: Place): Promise<void> {
    this.#dropped.add(placeKey(place))
    const lane = this.#lanes.get(placeKey(place))
    this.#lanes.delete(placeKey(place))
    await lane?.close()
  }

  /** The destruction is over, or has failed: then the place is still there. */
  async readmit(place: Place): Promise<void> {
    this.#dropped.delete(placeKey(place))
    if ((await findEnvironment(this.parts.store.db, place)) !== undefined) this.wake(place)
  }

  /** Ends everything that runs of an app or an environment: what is being built, then the instances within the grace. */
  async endAll(of: { app: string; environment?: string }, graceSeconds: number): Promise<void> {
    await this.builder.endAll(of)
    const instances = async () => this.#effects.end(await this.parts.engine.list(of), graceSeconds)
    await Promise.all([this.parts.engine.endRuns(of, graceSeconds), instances()])
  }

  /**
   * Removes what is left of what was destroyed. One after the other: one that is not over must not remove what has the
   * name by then.
   */
  finishRemovals(): Promise<void> {
    const turn = this.#removals.then(() => finishRemovals(this.parts))
    this.#removals = turn.catch(() => {}) // How it ended is its own caller's business.
    return turn
  }

  /** A destruction that failed half-way left both instances and files; one that is under way ends its own. */
  async #finishDestructions(): Promise<void> {
    if (this.#dropped.size > 0) return
    await this.#endStrangers()
    if (this.#dropped.size === 0) await this.finishRemovals()
  }

  /** One that still waits for the builds under way is enough. */
  async #collectInTime(): Promise<void> {
    if (this.#isCollecting) return
    this.#isCollecting = true
    try {
      await this.#finishDestructions()
      await this.collect()
    } finally {
      this.#isCollecting = false
    }
  }

  /** Removes what nothing needs any more, once no build is under way. */
  collect(): Promise<void> {
    return this.builder.quietly(() => collect(this.parts))
  }

  /** Stops acting; instances and router live on. */
  async close(): Promise<void> {
    this.#closed = true
    for (const cancel of this.#timers.values()) cancel()
    for (const unwatch of this.#unwatch) unwatch()
    await this.builder.close()
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
    await this.#saveClock().catch((error: unknown) =>
      this.parts.log.error('the clock could not be saved', error),
    )
  }

  #saveClock(): Promise<void> {
    return this.parts.store.write((db) => saveServedMs(db, this.parts.clock.served()))
  }

  #lane(place: Place): Lane {
    const key = placeKey(place)
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    const { app, environment } = place
    const lane = new Lane(
      this.parts,
      this.#effects,
      { app, environment },
      (where, release) =>
        queueRollback(this.parts, where, release, naruItself).then(() => this.wake(where)),
      (woken) => {
        if (this.#lanes.get(key) === lane) this.#lanes.delete(key)
        if (woken) this.wake({ app, environment })
      },
    )
    this.#lanes.set(key, lane)
    return lane
  }

  #instancesChanged(): void {
    this.#refresh()
    for (const lane of this.#lanes.values()) lane.wake()
  }

  async #routerCameBack(): Promise<void> {
    const { store, clock } = this.parts
    const event = { app: null, environment: null, kind: 'router.restarted', data: {} } as const
    await store.write((db) => appendEvent(db, clock.now().toISOString(), event))
    this.#refresh()
  }

  #refresh(): void {
    if (this.#closed) return
    this.traffic.refresh().catch((error: unknown) => this.#failed('the route table', error))
  }

  /** Instances of apps that no longer exist: a destruction that a crash or a failure interrupted. */
  async #endStrangers(): Promise<void> {
    const known = new Set((await listEnvironments(this.parts.store.db)).map(placeKey))
    const strangers = (await this.parts.engine.list()).filter(
      ({ set }) => !known.has(placeKey(set)),
    )
    try {
      await this.#effects.end(strangers, 0)
    } catch (error) {
      this.#failed('taking what nobody owns out of the route table', error)
      await this.parts.engine.stop(
        strangers.map(({ id }) => id),
        0,
      )
    }
  }

  #every(ms: number, name: string, task: () => Promise<unknown>): void {
    const begin = (): void => {
      this.#every(ms, name, task)
      task().catch((error: unknown) => this.#failed(name, error))
    }
    if (!this.#closed) this.#timers.set(name, this.parts.clock.after(ms, begin))
  }

  #failed(what: string, error: unknown): void {
    if (!this.#closed) this.parts.log.error(`${what} failed`, error)
  }
}
