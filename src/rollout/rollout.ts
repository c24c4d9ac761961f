import type { Problem } from '../base/error.ts'
import { releaseName } from '../model/release.ts'
import {
  type Effect,
  isOver,
  type PendingEffect,
  type Rollout,
  type RolloutPlan,
  type ServicePlan,
  type Status,
} from '../model/rollout.ts'
import { decide, enter } from './decide.ts'
import { judgeBake, judgeStart, settleMs, startsAfterFlip, unservedSince } from './judge.ts'
import { canServe, isReady, restartsOf, servingCount, type View } from './view.ts'

/** What can happen to a deployment. */
export type RolloutEvent =
  /** The environment is free: nothing else is being deployed there. */
  | { kind: 'begin'; stable: RolloutPlan | null }
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
      return state.status === 'queued' ? begin(state, event.stable, now) : state
    case 'observed':
      return observed(state, event.view, now)
    case 'done':
      return isPending(state, event.key) ? done(state, event.key, now) : state
    case 'failed':
      return isPending(state, event.key) ? failed(state, event.key, event.problem, now) : state
    case 'stuck':
      return state.status === 'shifting' && isPending(state, event.key)
        ? enter(state, 'paused', now)
        : state
    case 'abort':
      return aborted(state, event.by, now)
    case 'supersede':
      return superseded(state, event.by, now)
  }
}

/** The release to come back to is the one that is stable now, not when this deployment was asked for. */
function begin(state: Rollout, stable: RolloutPlan | null, now: number): Rollout {
  const { release } = state.candidate
  if (stable?.release !== release)
    return decide({ ...enter(state, 'preparing', now), stable }, { do: 'prepare' })
  // Both sides would be one set: ending the old workers would end the new ones.
  const by = `${releaseName(release)}, which is stable already`
  return superseded(state, by, now)
}

function observed(state: Rollout, view: View, now: number): Rollout {
  switch (state.status) {
    case 'starting':
      return observedStarting(state, view, now)
    case 'shifting':
    case 'paused':
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

function observedStarting(before: Rollout, view: View, now: number): Rollout {
  const state = withRestartsNoted(before, view)
  const problem = judgeStart(state, view.candidate, now)
  if (problem !== null) return goBack(state, problem, now)
  const { wave } = state
  if (wave === null || state.pending.length > 0) return state
  const started = state.candidate.services.filter((service) => !startsLater(state, service))
  if (!started.every((service) => isReady(view.candidate, service))) return state
  const rest = state.candidate.services.filter(
    (service) => startsLater(state, service) && !startsAfterFlip(state, service),
  )
  return rest.length > 0 ? startWave(state, rest, now) : shift(state, view, now)
}

/** Not part of this wave nor of one before it: routed services come first. */
function startsLater(state: Rollout, service: ServicePlan): boolean {
  const inWave = state.wave?.services.includes(service.name) ?? false
  return !service.routed && !inWave
}

/** A set that ran before, of a release one goes back to, brings restarts that are not this deployment's. */
function withRestartsNoted(state: Rollout, view: View): Rollout {
  if (state.kind === 'release') return state
  const unknown = (state.wave?.services ?? []).filter((name) => !(name in state.restartsAtFlip))
  return unknown.length === 0
    ? state
    : { ...state, restartsAtFlip: { ...state.restartsAtFlip, ...restarts(unknown, view) } }
}

const restarts = (services: string[], view: View): Record<string, number> =>
  Object.fromEntries(services.map((name) => [name, restartsOf(view.candidate, name)]))

function startWave(before: Rollout, services: ServicePlan[], now: number): Rollout {
  const names = services.map((service) => service.name)
  const state: Rollout = { ...before, wave: { services: names, since: now } }
  const exclusive = services
    .filter((service) => service.overlap === 'none' && stableHas(state, service.name))
    .map((service) => service.name)
  if (exclusive.length === 0)
    return decide(state, { do: 'start', side: 'candidate', services: names })
  return decide(displace(state, exclusive), { do: 'stop', side: 'stable', services: exclusive })
}

const stableHas = (state: Rollout, service: string): boolean =>
  state.stable?.services.some((other) => other.name === service && !other.routed) ?? false

const displace = (state: Rollout, services: string[]): Rollout => ({
  ...state,
  displaced: [...new Set([...state.displaced, ...services])],
})

function shift(state: Rollout, view: View, now: number): Rollout {
  const names = state.candidate.services.map((service) => service.name)
  const flipped: Rollout = {
    ...enter(state, 'shifting', now),
    wave: null,
    traffic: 'candidate',
    exposed: true,
    restartsAtFlip: restarts(names, view),
  }
  return decide(flipped, { do: 'route', side: 'candidate' })
}

/** Workers work whether or not traffic flows: the old ones end as soon as it has moved. */
function bake(before: Rollout, now: number): Rollout {
  let state = enter(before, 'baking', now)
  const later = state.candidate.services.filter((service) => startsAfterFlip(state, service))
  const old = (state.stable?.services ?? []).filter((s) => !s.routed).map((s) => s.name)
  const toStop = old.filter((name) => !state.displaced.includes(name))
  if (toStop.length > 0) {
    state = decide(displace(state, toStop), { do: 'stop', side: 'stable', services: toStop })
  }
  const atOnce = later.filter((s) => s.overlap === 'allowed' || !toStop.includes(s.name))
  return startCandidate(state, atOnce)
}

const startCandidate = (state: Rollout, services: ServicePlan[]): Rollout =>
  services.length === 0
    ? state
    : decide(state, { do: 'start', side: 'candidate', services: services.map((s) => s.name) })

function observedBaking(before: Rollout, view: View, now: number): Rollout {
  const problem = judgeBake(before, view.candidate, now)
  const state = { ...before, unservedSince: unservedSince(before, view.candidate, now) }
  if (problem !== null) {
    if (state.kind === 'rollback') {
      return observedBlocked({ ...enter(state, 'blocked', now), problem, pending: [] }, view, now)
    }
    return observedAborting(goBack(state, problem, now), view, now)
  }
  const settled = now - state.since >= settleMs(state)
  const whole = state.candidate.services.every((service) => isReady(view.candidate, service, 0))
  if (!settled || !whole || state.pending.length > 0) return state
  return decide(enter(state, 'promoting', now), { do: 'promote' })
}

const failOn = (problem: Problem | null, state: Rollout, now: number): Rollout =>
  problem === null ? state : goBack(state, problem, now)

/** No forward step from here on: whatever was decided for the candidate and not done is forgotten. */
function goBack(state: Rollout, problem: Problem, now: number): Rollout {
  const back: Rollout = {
    ...enter(state, 'aborting', now),
    problem,
    pending: [],
    wave: null,
    unservedSince: null,
  }
  if (back.traffic === 'stable') return cleanUp(back)
  return back.stable === null ? flipBack(back) : back
}

/** Traffic returns only to a release that can take it; until then the candidate keeps what it serves. */
function observedAborting(state: Rollout, view: View, now: number): Rollout {
  if (state.stable === null || state.traffic === 'stable') return state
  if (canServe(view.stable, state.stable)) return flipBack(state)
  // Its workers run again once traffic is back: until then those of the candidate work.
  const names = state.stable.services.filter((s) => s.routed).map((s) => s.name)
  return decide(enter(state, 'restoring', now), { do: 'start', side: 'stable', services: names })
}

function flipBack(state: Rollout): Rollout {
  return decide({ ...state, traffic: 'stable' }, { do: 'route', side: 'stable' })
}

/**
 * Once traffic is back: the candidate ends, and what it displaced runs again. Of a release that was gone back to only
 * the workers end: the rest of it may be the warm one.
 */
function cleanUp(before: Rollout): Rollout {
  const ending = before.candidate.services.filter((s) => before.kind === 'release' || !s.routed)
  const names = ending.map((service) => service.name)
  const state =
    names.length === 0 ? before : decide(before, { do: 'stop', side: 'candidate', services: names })
  const mayOverlap = (name: string) =>
    !ending.some((service) => service.name === name && service.overlap === 'none')
  const next = startDisplaced(state, state.displaced.filter(mayOverlap))
  return next.pending.length === 0 ? finish(next) : next
}

/** From then on they count as running. */
function startDisplaced(state: Rollout, services: string[]): Rollout {
  if (services.length === 0) return state
  const displaced = state.displaced.filter((name) => !services.includes(name))
  return decide({ ...state, displaced }, { do: 'start', side: 'stable', services })
}

function observedRestoring(state: Rollout, view: View, now: number): Rollout {
  if (state.stable === null) return state
  if (canServe(view.stable, state.stable))
    return flipBack(enter({ ...state, pending: [] }, 'aborting', now))
  const limitMs = Math.max(0, ...state.stable.services.map((service) => service.healthyWithinMs))
  return now - state.since < limitMs ? state : { ...enter(state, 'blocked', now), pending: [] }
}

/** Traffic stays with whichever release has more healthy instances, until a person decides. */
function observedBlocked(state: Rollout, view: View, now: number): Rollout {
  if (state.stable === null || state.pending.length > 0) return state
  const stable = servingCount(view.stable, state.stable)
  const candidate = servingCount(view.candidate, state.candidate)
  const better = stable > candidate ? 'stable' : candidate > stable ? 'candidate' : state.traffic
  if (better === state.traffic) return state
  return decide({ ...state, traffic: better, since: now }, { do: 'route', side: better })
}

function done(before: Rollout, key: string, now: number): Rollout {
  const effect = before.pending.find((pending) => pending.key === key)?.effect
  const state = { ...before, pending: before.pending.filter((pending) => pending.key !== key) }
  switch (state.status) {
    case 'preparing':
      return startFirstWave(enter(state, 'starting', now), now)
    case 'starting':
      return effect?.do === 'stop' ? startDisplacing(state, now) : state
    case 'shifting':
    case 'paused':
      return bake(state, now)
    case 'baking':
      return effect?.do === 'stop' ? startSucceeding(state, effect.services) : state
    case 'promoting':
      return enter(state, 'succeeded', now)
    case 'aborting':
      return doneAborting(state, effect)
    default:
      return state
  }
}

/** The old workers have ended, so the exclusive ones of a release gone back to may start. */
function startSucceeding(state: Rollout, ended: string[]): Rollout {
  const waiting = state.candidate.services.filter(
    (s) => startsAfterFlip(state, s) && s.overlap === 'none' && ended.includes(s.name),
  )
  return startCandidate(state, waiting)
}

function doneAborting(before: Rollout, effect: Effect | undefined): Rollout {
  if (effect?.do === 'route') return cleanUp(before)
  if (before.traffic !== 'stable') return before
  const ended = effect?.do === 'stop' && effect.side === 'candidate'
  const state = ended ? startDisplaced(before, before.displaced) : before
  return state.pending.length === 0 ? finish(state) : state
}

/** Routed services first; an app without any starts all it has. */
function startFirstWave(state: Rollout, now: number): Rollout {
  const routed = state.candidate.services.filter((service) => service.routed)
  return startWave(state, routed.length > 0 ? routed : state.candidate.services, now)
}

/** The old instances have ended, so the exclusive new ones may start; their time begins now. */
function startDisplacing(state: Rollout, now: number): Rollout {
  if (state.wave === null) return state
  const wave = { ...state.wave, since: now }
  return decide({ ...state, wave }, { do: 'start', side: 'candidate', services: wave.services })
}

function failed(state: Rollout, key: string, problem: Problem, now: number): Rollout {
  const forward: Status[] = ['preparing', 'starting', 'shifting', 'paused', 'baking']
  if (forward.includes(state.status)) return goBack(state, problem, now)
  // On the way back nothing may wedge: what could not be done here is the steady loop's.
  return done(state, key, now)
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

/** Before traffic has moved the newer one wins at once; after that this one settles first. */
function superseded(state: Rollout, by: string, now: number): Rollout {
  const problem: Problem = {
    code: 'rollout.superseded',
    facts: { release: state.candidate.release, by },
  }
  switch (state.status) {
    case 'queued':
      return { ...enter(state, 'superseded', now), problem }
    case 'blocked':
      return { ...enter(state, 'superseded', now), pending: [], traffic: 'stable' }
    case 'preparing':
    case 'starting':
      return goBack(state, problem, now)
    default:
      return state
  }
}

function finish(state: Rollout): Rollout {
  const over = (status: Status): Rollout => enter(state, status, state.since)
  if (state.problem?.code === 'rollout.superseded') return over('superseded')
  if (state.exposed && state.stable !== null) return over('rolled_back')
  return over(state.problem?.code === 'rollout.aborted' ? 'cancelled' : 'failed')
}

const isPending = (state: Rollout, key: string): boolean =>
  state.pending.some((pending) => pending.key === key)
