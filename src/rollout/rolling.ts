import type { Effect, Rolling, Rollout, ServicePlan } from '../model/rollout.ts'
import { goBack } from './back.ts'
import { decide, enter } from './decide.ts'
import { judgeRolling, unservedSince, withSlowness } from './judge.ts'
import { isExclusive } from './retreat.ts'
import { healthyCount, isReady, restartsOf, type View } from './view.ts'

/**
 * Replaces one release by another instance by instance, one service after the other: a new instance starts, gets traffic
 * once it is healthy, and then an old one ends. The state is `starting`.
 */
export function startRolling(state: Rollout, now: number): Rollout {
  const stable = Object.fromEntries(
    (state.stable?.services ?? []).map(({ name, replicas }) => [name, replicas]),
  )
  const rolling: Rolling = { candidate: {}, stable, admitted: {}, since: now }
  return advance({ ...state, rolling }, rolling, now)
}

export function observedRolling(before: Rollout, view: View, now: number): Rollout {
  const { rolling } = before
  if (rolling === null) return before
  const problem = judgeRolling(before, rolling, view, now)
  if (problem !== null) return goBack(before, problem, now)
  const state: Rollout = {
    ...before,
    wave: withSlowness(before, view.candidate, now),
    unservedSince: unservedSince(before, view.candidate, now),
  }
  if (state.pending.length > 0) return state
  const coming = inOrder(state).find(({ name }) => comesUp(rolling, name))
  if (coming !== undefined) {
    const count = countOf(rolling.candidate, coming.name)
    const ready = isReady(view.candidate, coming, coming.healthyForMs, count)
    return ready ? admit(state, rolling, coming, view, now) : state
  }
  // What was admitted must serve now, not only when it was, before anything old ends for it.
  const serves = ({ name, routed }: ServicePlan) =>
    !routed || healthyCount(view.candidate, name) >= countOf(rolling.admitted, name)
  return state.candidate.services.every(serves) ? advance(state, rolling, now) : state
}

/** An effect of a rolling deployment that goes forward is done, and pending no more; the next look decides what follows. */
export function doneRolling(before: Rollout, effect: Effect | undefined, now: number): Rollout {
  const { rolling } = before
  if (rolling === null || effect === undefined) return before
  const state = before.status === 'paused' ? enter(before, 'shifting', now) : before
  if (state.traffic !== 'candidate' || state.status === 'starting' || state.pending.length > 0)
    return state
  const left = Object.keys(rolling.stable).filter((name) => countOf(rolling.stable, name) > 0)
  if (left.length === 0) return { ...enter(state, 'baking', now), unservedSince: null }
  return stopStable(state, rolling, left, 0)
}

const comesUp = ({ candidate, admitted }: Rolling, name: string): boolean =>
  countOf(admitted, name) < countOf(candidate, name)

/** Routed services first, as in every deployment. */
const inOrder = ({ candidate: { services } }: Rollout): ServicePlan[] => [
  ...services.filter((service) => service.routed),
  ...services.filter((service) => !service.routed),
]

/** The next step of the first service that is not through; when all are, traffic is the candidate's alone. */
function advance(state: Rollout, rolling: Rolling, now: number): Rollout {
  for (const service of inOrder(state)) {
    const { name, replicas } = service
    const left = countOf(rolling.stable, name)
    const leave = mayStay(state, rolling, service)
    if (left > leave) return stopStable(state, rolling, [name], leave)
    const up = countOf(rolling.candidate, name)
    if (up >= replicas) continue
    const count = isExclusive(state, service) ? replicas : up + 1
    return startCandidate(state, rolling, name, count, now)
  }
  const shifting = state.status === 'starting' ? enter(state, 'shifting', now) : state
  const flipped: Rollout = { ...shifting, wave: null, traffic: 'candidate', exposed: true }
  return decide(flipped, { do: 'route', side: 'candidate' })
}

/** How many old instances of the service are still needed. */
function mayStay(state: Rollout, rolling: Rolling, service: ServicePlan): number {
  const { name, replicas, routed } = service
  const left = countOf(rolling.stable, name)
  const old = state.stable?.services.find((one) => one.name === name)
  if (isExclusive(state, service)) return 0
  if (old?.routed && !routed) return left // Visitors reach it until traffic is the candidate's alone.
  const admitted = countOf(rolling.admitted, name)
  return admitted === 0 && replicas > 0 ? left : Math.min(left, Math.max(0, replicas - admitted))
}

function startCandidate(
  state: Rollout,
  rolling: Rolling,
  name: string,
  count: number,
  now: number,
): Rollout {
  const candidate = { ...rolling.candidate, [name]: count }
  const wave = state.status === 'starting' ? { services: [name], since: now } : null
  return decide(
    { ...state, wave, rolling: { ...rolling, candidate, since: now } },
    { do: 'start', side: 'candidate', services: [name], count },
  )
}

function stopStable(state: Rollout, rolling: Rolling, names: string[], leave: number): Rollout {
  const counts = Object.fromEntries(names.map((name) => [name, leave]))
  const stable = { ...rolling.stable, ...counts }
  return decide(
    { ...state, rolling: { ...rolling, stable } },
    { do: 'stop', side: 'stable', services: names, leave },
  )
}

/** From now on it may get traffic, beside what is left of the old release. */
function admit(
  state: Rollout,
  rolling: Rolling,
  { name }: ServicePlan,
  view: View,
  now: number,
): Rollout {
  const shifting = state.status === 'starting' ? enter(state, 'shifting', now) : state
  const admitted = { ...rolling.admitted, [name]: countOf(rolling.candidate, name) }
  const restartsAtFlip = { ...state.restartsAtFlip, [name]: restartsOf(view.candidate, name) }
  return decide(
    {
      ...shifting,
      wave: null,
      traffic: 'both',
      exposed: true,
      restartsAtFlip,
      rolling: { ...rolling, admitted },
    },
    { do: 'route', side: 'both' },
  )
}

const countOf = (counts: Record<string, number>, name: string): number => counts[name] ?? 0
