import type { Deployment } from '../model/deployment.ts'
import {
  type Effect,
  isOver,
  type PendingEffect,
  type Rollout,
  type Side,
} from '../model/rollout.ts'
import { type RolloutEvent, step } from '../rollout/rollout.ts'
import { instancesOf, type View } from '../rollout/view.ts'
import { wanted } from '../rollout/wanted.ts'
import { findBuild } from '../store/builds.ts'
import { saveServedMs } from '../store/clock.ts'
import { saveDeployment } from '../store/deployments.ts'
import { findEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { requireRelease } from '../store/releases.ts'
import { type Effects, finalProblem } from './effects.ts'
import type { Parts } from './parts.ts'
import { pause } from './pause.ts'
import { sideOf } from './plan.ts'
import { tell } from './story.ts'
import { urlsOf } from './urls.ts'

/**
 * Carries one deployment from where the store has it to its end. Event, new state and decided effects are
 * written in one transaction; then the effects are done, and each result comes back as an event. What was
 * decided and not confirmed when the server died is done again by the next one.
 */
export class Executor {
  readonly #inFlight = new Map<string, InFlight>()
  /** Sets that are being asked for again. */
  readonly #again = new Set<string>()
  /** Starts under way: what they start would be nobody's if they were left alone. */
  readonly #starts = new Set<Promise<void>>()
  #turn: Promise<void> = Promise.resolve()
  #closed = new AbortController()

  constructor(
    private readonly parts: Parts,
    private readonly effects: Effects,
    /** Called after every step that changed something. */
    private readonly changed: () => void,
    private current: Deployment,
  ) {}

  get deployment(): Deployment {
    return this.current
  }

  get isOver(): boolean {
    return isOver(this.current.rollout.status)
  }

  /**
   * Asks again for what should run, and does what was decided before a crash and not confirmed. What cannot be
   * started does not hold it up: the release is judged by the instances that there are.
   */
  async resume(): Promise<void> {
    await this.#startAgain('candidate')
    await this.#startAgain('stable')
    for (const pending of this.current.rollout.pending) this.#launch(pending)
  }

  /**
   * Asks again for instances of a release that is coming up and that have gone: removed by somebody, or left half-started
   * by an engine that ended. Later, what is missing is a matter for the judge, and at rest for the steady loop.
   */
  fill({ candidate }: View): void {
    const { rollout } = this.current
    if (rollout.status !== 'starting' && rollout.status !== 'shifting') return
    for (const [service, count] of Object.entries(wanted(rollout).candidate))
      if (instancesOf(candidate, service).length < count) this.#keepLater('candidate', service)
  }

  async #startAgain(side: Side): Promise<void> {
    for (const service of Object.keys(wanted(this.current.rollout)[side]))
      if (!(await this.#keep(side, service))) this.#keepLater(side, service)
  }

  /** Whether as many are asked for as should run now. */
  async #keep(side: Side, service: string): Promise<boolean> {
    const count = wanted(this.current.rollout)[side][service]
    if (count === undefined || this.#closed.signal.aborted || this.isOver) return true
    try {
      await this.#perform({ do: 'start', side, services: [service], count })
      return true
    } catch (error) {
      const { app, release } = this.current
      const about = { app, release, service, side }
      this.parts.log.error('a set cannot be started again', error, about)
      return false
    }
  }

  /** In the background, and never while an effect acts on the same instances. */
  #keepLater(side: Side, service: string): void {
    const key = `again-${side}-${service}`
    if (this.#again.has(key)) return
    this.#again.add(key)
    const effect: Effect = { do: 'start', side, services: [service] }
    const trying = async (): Promise<void> => {
      for (let attempt = 0; ; attempt += 1) {
        await pause(this.parts.clock, pauseMs(attempt), this.#closed.signal)
        for (;;) {
          const rivals = this.#rivals(effect, key)
          if (rivals.length === 0) break
          await Promise.all(rivals.map(({ ended }) => ended))
        }
        const ended = this.#keep(side, service)
        this.#inFlight.set(key, { effect, ended, giveUp: new AbortController() })
        if (await ended.finally(() => this.#inFlight.delete(key))) return
      }
    }
    void trying().finally(() => this.#again.delete(key))
  }

  /** Lets the reducer decide about one event; resolves when what it decided is written. */
  tell(event: RolloutEvent): Promise<void> {
    const turn = this.#turn.then(() => this.#step(event))
    this.#turn = turn.catch(() => {}) // Whoever told is told.
    return turn
  }

  /** Stops acting at once; the store keeps what was decided. Resolves when it starts nothing any more. */
  async close(): Promise<void> {
    this.#closed.abort()
    await Promise.allSettled(this.#starts)
  }

  async #step(event: RolloutEvent): Promise<void> {
    if (this.#closed.signal.aborted) return
    const before = this.current.rollout
    const { state, effects } = step(before, event, this.parts.clock.served())
    if (same(before, state)) return
    const next = this.#stamped(before, state)
    this.parts.fault({ when: 'before', what: 'write', name: state.status })
    await this.#write(before, next, effects)
    this.current = next
    for (const [key, { giveUp }] of this.#inFlight) if (!this.#isWanted(key)) giveUp.abort()
    this.parts.fault({ when: 'after', what: 'write', name: state.status })
    for (const pending of effects) this.#launch(pending)
    this.changed()
  }

  #stamped(before: Rollout, rollout: Rollout): Deployment {
    const now = this.parts.clock.now().toISOString()
    const live = rollout.status === 'baking' && before.status !== 'baking'
    return {
      ...this.current,
      rollout,
      from: rollout.stable?.release ?? null,
      // One that never had its turn has not begun.
      startedAt: this.current.startedAt ?? (rollout.effects > 0 ? now : null),
      liveAt: live ? now : this.current.liveAt,
      endedAt: isOver(rollout.status) ? now : null,
    }
  }

  async #write(before: Rollout, next: Deployment, effects: PendingEffect[]): Promise<void> {
    const { store, clock } = this.parts
    const at = clock.now().toISOString()
    const release = await requireRelease(store.db, next, next.release)
    const told = {
      deployment: next,
      stable: (await findEnvironment(store.db, next))?.stable ?? null,
      urls: urlsOf(release.routes, this.parts.httpPort),
      secondsSincePush: await this.#secondsSincePush(next, release.build),
      servedMs: clock.served(),
      there: await this.#there(next),
    }
    await store.write(async (db) => {
      await saveDeployment(db, next)
      await saveServedMs(db, clock.served())
      for (const event of tell(before, next.rollout, effects, told))
        await appendEvent(db, at, event)
    })
  }

  async #there({ app, environment, release }: Deployment): Promise<Record<string, number>> {
    const here = await this.parts.engine.list({ app, environment })
    const side = sideOf(here, release)
    return Object.fromEntries(Object.entries(side).map(([name, list]) => [name, list.length]))
  }

  /** From the push for a pushed release, from the request for any other. */
  async #secondsSincePush(next: Deployment, buildNumber: number): Promise<number> {
    const build = await findBuild(this.parts.store.db, next.app, buildNumber)
    const pushed = build?.deployment === next.number ? build.queuedAt : next.queuedAt
    return Math.max(0, (this.parts.clock.now().getTime() - Date.parse(pushed)) / 1000)
  }

  /** Effects on the same instances wait for each other; all others go at once. */
  #launch(pending: PendingEffect): void {
    if (this.#inFlight.has(pending.key)) return
    const giveUp = new AbortController()
    const rivals = this.#rivals(pending.effect, pending.key)
    const ended = Promise.all(rivals.map((rival) => rival.ended))
      .then(() => this.#do(pending, giveUp.signal))
      .catch((error: unknown) =>
        this.parts.log.error('an effect ended unexpectedly', error, { key: pending.key }),
      )
      .finally(() => this.#inFlight.delete(pending.key))
    this.#inFlight.set(pending.key, { effect: pending.effect, ended, giveUp })
  }

  #rivals(effect: Effect, key: string): InFlight[] {
    const others = [...this.#inFlight].filter(([other]) => other !== key)
    return others.map(([, inFlight]) => inFlight).filter((other) => meet(other.effect, effect))
  }

  async #do(pending: PendingEffect, giveUp: AbortSignal): Promise<void> {
    const { key } = pending
    const cancel = this.parts.clock.after(this.parts.stuckAfterMs, () => this.#stuck(key))
    try {
      for (let attempt = 0; this.#isWanted(key); attempt += 1) {
        if (await this.#try(pending, attempt, giveUp)) return
        await pause(this.parts.clock, pauseMs(attempt), this.#closed.signal)
      }
    } finally {
      cancel()
    }
  }

  /** Whether it is settled: done, or known to be impossible, and written down as such. */
  async #try(pending: PendingEffect, attempt: number, giveUp: AbortSignal): Promise<boolean> {
    const result = await this.#attempt(pending, attempt, giveUp)
    if (result === null) return this.#closed.signal.aborted
    try {
      await this.tell(result)
      return true
    } catch (error) {
      // As on a full disk. It is done again: what is not written has not happened.
      const { app } = this.current
      this.parts.log.error(`that ${result.kind} could not be written`, error, {
        key: pending.key,
        app,
      })
      return this.#closed.signal.aborted
    }
  }

  /** What to tell of it; null when it is to be tried again. */
  async #attempt(
    { key, effect }: PendingEffect,
    attempt: number,
    giveUp: AbortSignal,
  ): Promise<RolloutEvent | null> {
    try {
      this.parts.fault({ when: 'before', what: 'effect', name: effect.do })
      await this.#perform(effect, giveUp)
      this.parts.fault({ when: 'after', what: 'effect', name: effect.do })
      return { kind: 'done', key }
    } catch (error) {
      if (this.#closed.signal.aborted) return null
      const problem = finalProblem(effect, error)
      this.parts.log.error(`${effect.do} failed`, error, { key, attempt, app: this.current.app })
      return problem && { kind: 'failed', key, problem }
    }
  }

  async #perform(effect: Effect, giveUp?: AbortSignal): Promise<void> {
    const performed = this.effects.perform(this.current, effect, giveUp)
    if (effect.do !== 'start') return performed
    this.#starts.add(performed)
    try {
      await performed
    } finally {
      this.#starts.delete(performed)
    }
  }

  #stuck(key: string): void {
    this.tell({ kind: 'stuck', key }).catch((error: unknown) =>
      this.parts.log.error('a stuck effect could not be told', error, { key }),
    )
  }

  #isWanted(key: string): boolean {
    return (
      !this.#closed.signal.aborted &&
      this.current.rollout.pending.some((pending) => pending.key === key)
    )
  }
}

type InFlight = {
  effect: Effect
  ended: Promise<unknown>
  /** Fires when the effect is not wanted any more: it is for what would go on for long. */
  giveUp: AbortController
}

const pauseMs = (attempt: number): number => Math.min(250 * 2 ** attempt, 5000)

const same = (one: Rollout, other: Rollout): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other)

function meet(one: Effect, other: Effect): boolean {
  if ('job' in one && 'job' in other) return one.job === other.job
  if (!('services' in one) || !('services' in other) || one.side !== other.side) return false
  return one.services.some((service) => other.services.includes(service))
}
