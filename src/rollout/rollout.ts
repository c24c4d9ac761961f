import type { Problem } from '../base/error.ts'
import { releaseName } from '../model/release.ts'
import {
  type Effect,
  isOver,
  type PendingEffect,
  type Rollout,
  type RolloutPlan,
  type Status,
} from '../model/rollout.ts'
import {
  doneAborting,
  goBack,
  observedAborting,
  observedBlocked,
  observedRestoring,
} from './back.ts'
import { decide, enter } from './decide.ts'
import {
  bake,
  doneStarting,
  observedBaking,
  observedStarting,
  startFirst,
  startSucceeding,
} from './forward.ts'
import { judgeBake } from './judge.ts'
import { doneRolling, observedRolling } from './rolling.ts'
import type { View } from './view.ts'

/** What can happen to a deployment. */
export type RolloutEvent =
  /**
   * The environment is free: nothing else is being deployed there. `serving` has the traffic where that is not the
   * stable release: a deployment that was blocked has left it there.
   */
  | { kind: 'begin'; stable: RolloutPlan | null; serving?: RolloutPlan | null }
  /** The instances of both sides, as the engine lists them. Time passes with it. */
  | { kind: 'observed'; view: View }
  | { kind: 'done'; key: string }
  /** The effect cannot be done; trying again would not help. */
  | { kind: 'failed'; key: string; problem: Problem }
  /** The effect is being tried again and again. */
  | { kind: 'stuck'; key: string }
  | { kind: 'abort'; by: string }
  /** A newer push or rollback wants the environment. */
  | { kind: 'supersede'; by: string }

/** A deployment that waits for its environment. */
export function newRollout(kind: Rollout['kind'], candidate: RolloutPlan, now: number): Rollout {
  return {
    status: 'queued',
    kind,
    candidate,
    stable: null,
    traffic: 'stable',
    exposed: false,
    since: now,
    wave: null,
    restartsAtFlip: {},
    displaced: [],
    rolling: null,
    silentSince: null,
    unservedSince: null,
    problem: null,
    pending: [],
    effects: 0,
  }
}

/**
 * The next state after `event`, and the effects newly decided. Pure: the same arguments give the same
 * answer, so every state can be stored, replayed and tested without a machine. `now` is `Clock.served()`.
 */
export function step(
  state: Rollout,
  event: RolloutEvent,
  now: number,
): { state: Rollout; effects: PendingEffect[] } {
  const next = isOver(state.status) ? state : react(state, event, now)
  const before = new Set(state.pending.map((pending) => pending.key))
  return { state: next, effects: next.pending.filter((pending) => !before.has(pending.key)) }
}

function react(state: Rollout, event: RolloutEvent, now: number): Rollout {
  switch (event.kind) {
    case 'begin':
      return state.status === 'queued' ? begin(state, event, now) : state
    case 'observed':
      return observed(state, event.view, now)
    case 'done':
      return pendingOf(state, event.key) ? done(state, event.key, now) : state
    case 'failed':
      return pendingOf(state, event.key) ? failed(state, event.key, event.problem, now) : state
    case 'stuck':
      return state.status === 'shifting' && pendingOf(state, event.key)?.do === 'route'
        ? enter(state, 'paused', now)
        : state
    case 'abort':
      return aborted(state, event.by, now)
    case 'supersede':
      return superseded(state, event.by, now)
  }
}

/** The release to come back to is the one that serves now, not when this deployment was asked for. */
function begin(
  state: Rollout,
  { stable, serving = null }: { stable: RolloutPlan | null; serving?: RolloutPlan | null },
  now: number,
): Rollout {
  const { release } = state.candidate
  if (stable?.release === release) {
    // Both sides would be one set: ending the old workers would end the new ones.
    const by = `${releaseName(release)}, which is stable already`
    return superseded(state, by, now)
  }
  const begun = enter(state, 'preparing', now)
  const next: Rollout =
    serving?.release === release
      ? { ...begun, stable, traffic: 'candidate', exposed: true }
      : { ...begun, stable: serving ?? stable }
  return decide(next, { do: 'prepare' })
}

function observed(state: Rollout, view: View, now: number): Rollout {
  switch (state.status) {
    case 'starting':
      return state.rolling === null
        ? observedStarting(state, view, now)
        : observedRolling(state, view, now)
    case 'shifting':
    case 'paused':
      if (state.rolling !== null) return observedRolling(state, view, now)
      return state.kind === 'rollback'
        ? state
        : failOn(judgeBake(state, view.candidate, now), state, now)
    case 'baking':
      return observedBaking(state, view, now)
    case 'aborting':
      return observedAborting(state, view, now)
    case 'restoring':
      return observedRestoring(state, view, now)
    case 'blocked':
      return observedBlocked(state, view, now)
    default:
      return state
  }
}

const failOn = (problem: Problem | null, state: Rollout, now: number): Rollout =>
  problem === null ? state : goBack(state, problem, now)

function done(before: Rollout, key: string, now: number): Rollout {
  const effect = pendingOf(before, key)
  const state = { ...before, pending: before.pending.filter((pending) => pending.key !== key) }
  switch (state.status) {
    case 'preparing':
      return donePreparing(state, effect, now)
    case 'starting':
      return state.rolling === null
        ? doneStarting(state, effect, now)
        : doneRolling(state, effect, now)
    case 'shifting':
    case 'paused':
      return state.rolling === null ? bake(state, now) : doneRolling(state, effect, now)
    case 'baking':
      return effect?.do === 'stop' ? startSucceeding(state, effect.services) : state
    case 'promoting':
      return enter(state, 'succeeded', now)
    case 'aborting':
      return doneAborting(state, effect, now)
    default:
      return state
  }
}

/** Its jobs run one after the other, before anything of it starts. A release that one goes back to has had its jobs. */
function donePreparing(state: Rollout, effect: Effect | undefined, now: number): Rollout {
  const { jobs } = state.candidate
  const next = effect?.do === 'job' ? jobs[jobs.indexOf(effect.job) + 1] : jobs[0]
  return next === undefined || state.kind === 'rollback'
    ? startFirst(enter(state, 'starting', now), now)
    : decide(state, { do: 'job', job: next })
}

function failed(state: Rollout, key: string, problem: Problem, now: number): Rollout {
  const forward: Status[] = ['preparing', 'starting', 'shifting', 'paused', 'baking']
  if (!forward.includes(state.status)) {
    // On the way back nothing may wedge: what could not be done here is the steady loop's.
    return done(state, key, now)
  }
  // What has failed runs no more, so that nothing of it has to be ended.
  const pending = state.pending.filter((other) => other.key !== key)
  return goBack({ ...state, pending }, problem, now)
}

function aborted(state: Rollout, by: string, now: number): Rollout {
  const problem: Problem = {
    code: 'rollout.aborted',
    facts: { release: state.candidate.release, by },
  }
  switch (state.status) {
    case 'queued':
    case 'blocked':
      return {
        ...enter(state, 'cancelled', now),
        problem: state.problem ?? problem,
        pending: [],
        traffic: 'stable',
      }
    case 'preparing':
    case 'starting':
    case 'shifting':
    case 'paused':
    case 'baking':
      return goBack(state, problem, now)
    default:
      return state
  }
}

/** Before users notice the newer one wins at once; after that this one settles first. */
function superseded(state: Rollout, by: string, now: number): Rollout {
  const problem: Problem = {
    code: 'rollout.superseded',
    facts: { release: state.candidate.release, by },
  }
  switch (state.status) {
    case 'queued':
      return { ...enter(state, 'superseded', now), problem }
    case 'blocked':
      // Traffic stays: what is stable may be dead, and the newer one begins where traffic is.
      return { ...enter(state, 'superseded', now), pending: [] }
    case 'preparing':
    case 'starting':
      return state.silentSince === null ? goBack(state, problem, now) : state
    default:
      return state
  }
}

const pendingOf = (state: Rollout, key: string): Effect | undefined =>
  state.pending.find((pending) => pending.key === key)?.effect
