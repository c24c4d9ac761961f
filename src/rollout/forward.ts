import { type Effect, type Rollout, type ServicePlan, strategyOf } from '../model/rollout.ts'
import { goBack, observedAborting, observedBlocked } from './back.ts'
import { decide, enter, start, stop } from './decide.ts'
import {
  judgeBake,
  judgeStart,
  settleMs,
  startsAfterFlip,
  unservedSince,
  withSlowness,
} from './judge.ts'
import { isExclusive } from './retreat.ts'
import { startRolling } from './rolling.ts'
import { isReady, restartsOf, type View } from './view.ts'

/** Begins to start the candidate, as its strategy says. The state is `starting`. */
export function startFirst(state: Rollout, now: number): Rollout {
  switch (strategyOf(state)) {
    case 'rolling':
      return startRolling(state, now)
    case 'recreate':
      return startWave(displaceAll(state, now), firstWave(state), now)
    default:
      return startWave(state, firstWave(state), now)
  }
}

/** A wave is not started before what must not run beside it has ended. */
export function doneStarting(state: Rollout, effect: Effect | undefined, now: number): Rollout {
  return effect?.do === 'stop' && state.wave !== null ? startDisplacing(state, now) : state
}

export function observedStarting(before: Rollout, view: View, now: number): Rollout {
  const noted = withRestartsNoted(before, view)
  const problem = judgeStart(noted, view.candidate, now)
  if (problem !== null) return goBack(noted, problem, now)
  const state: Rollout = { ...noted, wave: withSlowness(noted, view.candidate, now) }
  const { wave } = state
  if (wave === null || state.pending.length > 0) return state
  const started = state.candidate.services.filter((service) => !startsLater(state, service))
  if (!started.every((service) => isReady(view.candidate, service))) return state
  const rest = state.candidate.services.filter(
    (service) => startsLater(state, service) && !startsAfterFlip(state, service),
  )
  return rest.length > 0 ? startWave(state, rest, now) : shift(state, view, now)
}

/** Workers work whether or not traffic flows: the old ones end as soon as it has moved. */
export function bake(before: Rollout, now: number): Rollout {
  let state: Rollout = { ...enter(before, 'baking', now), silentSince: null }
  const later = state.candidate.services.filter((service) => startsAfterFlip(state, service))
  const old = (state.stable?.services ?? []).filter((service) => !service.routed)
  const toStop = old.filter(({ name }) => !state.displaced.includes(name))
  state = stop(displace(state, toStop), 'stable', toStop)
  const atOnce = later.filter((s) => !isExclusive(state, s) || !isNamed(toStop, s.name))
  return start(state, 'candidate', atOnce)
}

/** The old workers have ended, so the exclusive ones of a release gone back to may start. */
export function startSucceeding(state: Rollout, ended: string[]): Rollout {
  const waiting = state.candidate.services.filter(
    (s) => startsAfterFlip(state, s) && isExclusive(state, s) && ended.includes(s.name),
  )
  return start(state, 'candidate', waiting)
}

export function observedBaking(before: Rollout, view: View, now: number): Rollout {
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

/** Routed services first; an app without any starts all it has. */
function firstWave({ candidate }: Rollout): ServicePlan[] {
  const routed = candidate.services.filter((service) => service.routed)
  return routed.length > 0 ? routed : candidate.services
}

/** Not part of this wave nor of one before it: routed services come first. */
function startsLater(state: Rollout, service: ServicePlan): boolean {
  const inWave = state.wave?.services.includes(service.name) ?? false
  return !service.routed && !inWave
}

function startWave(before: Rollout, services: ServicePlan[], now: number): Rollout {
  const names = services.map((service) => service.name)
  const state: Rollout = { ...before, wave: { services: names, since: now } }
  if (state.pending.length > 0) return state // Something ends first.
  const exclusive = services.filter((s) => isExclusive(state, s) && runsStable(state, s.name))
  if (exclusive.length === 0) return start(state, 'candidate', services)
  return stop(displace(state, exclusive), 'stable', exclusive)
}

/** Nobody answers from now on until the candidate does. */
function displaceAll(state: Rollout, now: number): Rollout {
  const services = state.stable?.services ?? []
  const silent = state.traffic === 'stable' && services.some((service) => service.routed)
  const silentSince = silent ? now : null
  const exposed = state.exposed || silent
  return stop({ ...displace(state, services), silentSince, exposed }, 'stable', services)
}

const runsStable = (state: Rollout, service: string): boolean =>
  !state.displaced.includes(service) &&
  (state.stable?.services.some((other) => other.name === service && !other.routed) ?? false)

const displace = (state: Rollout, services: readonly { name: string }[]): Rollout => ({
  ...state,
  displaced: [...new Set([...state.displaced, ...services.map(({ name }) => name)])],
})

/** The old instances have ended, so the new ones may start; their time begins now. */
function startDisplacing(state: Rollout, now: number): Rollout {
  if (state.wave === null) return state
  const wave = { ...state.wave, since: now }
  return decide({ ...state, wave }, { do: 'start', side: 'candidate', services: wave.services })
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

const isNamed = (services: readonly { name: string }[], name: string): boolean =>
  services.some((service) => service.name === name)
