import type { Problem } from '../base/error.ts'
import {
  type Effect,
  type Rolling,
  type Rollout,
  type Status,
  strategyOf,
} from '../model/rollout.ts'
import { decide, enter, start, stop } from './decide.ts'
import { isExclusive, retreat } from './retreat.ts'
import { canServe, servingCount, type View } from './view.ts'

/** No forward step from here on: whatever was decided for the candidate and not done is forgotten. */
export function goBack(before: Rollout, problem: Problem, now: number): Rollout {
  const state = endJob(before, {
    ...enter(before, 'aborting', now),
    problem,
    pending: [],
    wave: null,
    unservedSince: null,
  })
  if (state.rolling !== null) return goBackRolling(state, state.rolling, now)
  if (strategyOf(state) === 'recreate' && state.displaced.length > 0) return standDown(state, now)
  if (state.traffic === 'stable') return cleanUp(state)
  return state.stable === null ? flipBack(state) : state
}

/** Traffic returns only to a release that can take it; until then the candidate keeps what it serves. */
export function observedAborting(state: Rollout, view: View, now: number): Rollout {
  if (state.stable === null || state.traffic === 'stable') return state
  if (state.rolling !== null) return observedRetreat(state, view, now)
  if (canServe(view.stable, state.stable)) return flipBack(state)
  // Its workers run again once traffic is back: until then those of the candidate work.
  const routed = state.stable.services.filter((service) => service.routed)
  return start(enter(state, 'restoring', now), 'stable', routed)
}

export function observedRestoring(state: Rollout, view: View, now: number): Rollout {
  if (state.stable === null) return state
  if (state.rolling !== null) return observedRetreat(state, view, now)
  if (canServe(view.stable, state.stable))
    return flipBack(enter({ ...state, pending: [] }, 'aborting', now))
  const limitMs = Math.max(0, ...state.stable.services.map((service) => service.healthyWithinMs))
  return now - state.since < limitMs ? state : { ...enter(state, 'blocked', now), pending: [] }
}

/**
 * Traffic stays with whichever release has more healthy instances, until a person decides; with both while both answer.
 * A newer deployment begins where it is.
 */
export function observedBlocked(state: Rollout, view: View, now: number): Rollout {
  if (state.stable === null || state.pending.length > 0) return state
  const stable = servingCount(view.stable, state.stable)
  const candidate = servingCount(view.candidate, state.candidate)
  if (state.traffic === 'both' && (stable === 0) === (candidate === 0)) return state
  const better = stable > candidate ? 'stable' : candidate > stable ? 'candidate' : state.traffic
  if (better === state.traffic) return state
  return decide({ ...state, traffic: better, since: now }, { do: 'route', side: better })
}

/** An effect of the way back is done, and pending no more. */
export function doneAborting(before: Rollout, effect: Effect | undefined, now: number): Rollout {
  if (before.traffic !== 'stable') return before
  if (effect?.do === 'route') return cleanUp({ ...before, silentSince: null })
  const ended = effect?.do === 'stop' && effect.side === 'candidate'
  if (ended && before.silentSince !== null) return restoreOld(before, now)
  const state = ended ? startDisplaced(before, before.displaced) : before
  return state.pending.length === 0 ? finish(state) : state
}

/** A job outlives the server, so that it must be told to end. */
function endJob(before: Rollout, state: Rollout): Rollout {
  const effect = before.pending.map((pending) => pending.effect).find((one) => one.do === 'job')
  return effect === undefined ? state : decide(state, { do: 'end-job', job: effect.job })
}

/** Before traffic moved nothing but exclusive workers can have been ended for the candidate. */
function goBackRolling(state: Rollout, rolling: Rolling, now: number): Rollout {
  // The old release has from now on the time to be whole again.
  if (state.traffic !== 'stable')
    return { ...state, traffic: 'both', rolling: { ...rolling, since: now } }
  const displaced = (state.stable?.services ?? [])
    .filter(({ name, replicas }) => (rolling.stable[name] ?? 0) < replicas)
    .map(({ name }) => name)
  return cleanUp({ ...state, rolling: null, displaced })
}

function observedRetreat(before: Rollout, view: View, now: number): Rollout {
  if (before.pending.length > 0) return before
  const state = before.status === 'restoring' ? before : enter(before, 'restoring', now)
  const next = retreat(state, view, now)
  if (next === 'whole') return flipBack(enter(state, 'aborting', now))
  return next === 'late' ? enter(state, 'blocked', now) : next
}

/** Where both must never run, the candidate ends before what served starts again. */
function standDown(state: Rollout, now: number): Rollout {
  const hasRoute = state.stable?.services.some((service) => service.routed) ?? false
  const silent = hasRoute || state.traffic !== 'stable'
  const silentSince = silent ? (state.silentSince ?? now) : null
  const down: Rollout = { ...state, traffic: 'stable', silentSince }
  return stop(down, 'candidate', state.candidate.services)
}

/** What served starts again; its workers follow when it serves. */
function restoreOld(state: Rollout, now: number): Rollout {
  const services = state.stable?.services ?? []
  const routed = services.filter(({ name, routed }) => routed && state.displaced.includes(name))
  const displaced = state.displaced.filter((name) => !routed.some((one) => one.name === name))
  return start(enter({ ...state, displaced }, 'restoring', now), 'stable', routed)
}

function flipBack(state: Rollout): Rollout {
  return decide({ ...state, traffic: 'stable' }, { do: 'route', side: 'stable' })
}

/**
 * Once traffic is back: the candidate ends, and what it displaced runs again. Of a release that was gone back to only
 * the workers end, where the rest of it may be the warm one.
 */
function cleanUp(before: Rollout): Rollout {
  const mayBeWarm = before.kind === 'rollback' && strategyOf(before) === 'blue-green'
  const ending = before.candidate.services.filter((s) => !mayBeWarm || !s.routed)
  const state = stop(before, 'candidate', ending)
  const mayOverlap = (name: string) =>
    !ending.some((service) => service.name === name && isExclusive(state, service))
  const next = startDisplaced(state, state.displaced.filter(mayOverlap))
  return next.pending.length === 0 ? finish(next) : next
}

/** From then on they count as running. */
function startDisplaced(state: Rollout, services: string[]): Rollout {
  if (services.length === 0) return state
  const displaced = state.displaced.filter((name) => !services.includes(name))
  return decide({ ...state, displaced }, { do: 'start', side: 'stable', services })
}

function finish(state: Rollout): Rollout {
  const over = (status: Status): Rollout => enter(state, status, state.since)
  if (state.problem?.code === 'rollout.superseded') return over('superseded')
  if (state.exposed && state.stable !== null) return over('rolled_back')
  return over(state.problem?.code === 'rollout.aborted' ? 'cancelled' : 'failed')
}
