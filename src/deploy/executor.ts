import type { Deployment } from '../model/deployment.ts'
import {
  type Effect,
  isOver,
  type PendingEffect,
  type Rollout,
  type Side,
} from '../model/rollout.ts'
import { type RolloutEvent, step } from '../rollout/rollout.ts'
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
import { tell } from './story.ts'
import { urlsOf } from './urls.ts'

/**
 * Carries one deployment from where the store has it to its end. Event, new state and decided effects are
 * written in one transaction; then the effects are done, and each result comes back as an event. What was
 * decided and not confirmed when the server died is done again by the next one.
 */
export class Executor {
  readonly #inFlight = new Map<string, { effect: Effect; ended: Promise<void> }>()
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
    const { candidate, stable } = wanted(this.current.rollout)
    await this.#startAgain('candidate', candidate)
    await this.#startAgain('stable', stable)
    for (const pending of this.current.rollout.pending) this.#launch(pending)
  }

  async #startAgain(side: Side, services: string[]): Promise<void> {
    for (const service of services) {
      try {
        await this.effects.perform(this.current, { do: 'start', side, services: [service] })
      } catch (error) {
        const { app, release } = this.current
        this.parts.log.error('a set cannot be started again', error, {
          app,
          release,
          service,
          side,
        })
      }
    }
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
      startedAt: this.current.startedAt ?? now,
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
    }
    await store.write(async (db) => {
      await saveDeployment(db, next)
      await saveServedMs(db, clock.served())
      for (const event of tell(before, next.rollout, effects, told))
        await appendEvent(db, at, event)
    })
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
    const rivals = [...this.#inFlight.values()].filter((other) =>
      meet(other.effect, pending.effect),
    )
    const ended = Promise.all(rivals.map((rival) => rival.ended))
      .then(() => this.#do(pending))
      .catch((error: unknown) =>
        this.parts.log.error('an effect ended unexpectedly', error, { key: pending.key }),
      )
      .finally(() => this.#inFlight.delete(pending.key))
    this.#inFlight.set(pending.key, { effect: pending.effect, ended })
  }

  async #do(pending: PendingEffect): Promise<void> {
    const { key } = pending
    const timer = setTimeout(() => this.#stuck(key), this.parts.stuckAfterMs)
    try {
      for (let attempt = 0; this.#isWanted(key); attempt += 1) {
        if (await this.#try(pending, attempt)) return
        await pause(Math.min(250 * 2 ** attempt, 5000), this.#closed.signal)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether it is settled: done, or known to be impossible, and written down as such. */
  async #try(pending: PendingEffect, attempt: number): Promise<boolean> {
    const result = await this.#attempt(pending, attempt)
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
  async #attempt({ key, effect }: PendingEffect, attempt: number): Promise<RolloutEvent | null> {
    try {
      this.parts.fault({ when: 'before', what: 'effect', name: effect.do })
      await this.#perform(effect)
      this.parts.fault({ when: 'after', what: 'effect', name: effect.do })
      return { kind: 'done', key }
    } catch (error) {
      if (this.#closed.signal.aborted) return null
      const problem = finalProblem(effect, error, this.current.release)
      this.parts.log.error(`${effect.do} failed`, error, { key, attempt, app: this.current.app })
      return problem && { kind: 'failed', key, problem }
    }
  }

  async #perform(effect: Effect): Promise<void> {
    const performed = this.effects.perform(this.current, effect)
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

const same = (one: Rollout, other: Rollout): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other)

function meet(one: Effect, other: Effect): boolean {
  if (!('services' in one) || !('services' in other) || one.side !== other.side) return false
  return one.services.some((service) => other.services.includes(service))
}
