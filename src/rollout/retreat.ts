import type { Rolling, Rollout, ServicePlan } from '../model/rollout.ts'
import { decide } from './decide.ts'
import { healthyCount, isReady, type View } from './view.ts'

/**
 * The next step back of a rolling deployment, of each service one at most; nothing may be pending. `whole`: the stable
 * release is as it was. `late`: an instance of it did not become healthy in time, and nothing else can be done. What
 * serves never gets less.
 */
export function retreat(state: Rollout, view: View, now: number): Rollout | 'whole' | 'late' {
  let next = state
  let isWhole = true
  let isLate = false
  for (const service of state.stable?.services ?? []) {
    const step = stepOf(next, service, view)
    if (step === 'through') continue
    isWhole = false
    if (step !== 'wait') next = carryOut(next, service, step, now)
    else isLate ||= now - (state.rolling?.since ?? 0) >= service.healthyWithinMs
  }
  if (isWhole) return 'whole'
  return isLate && next === state ? 'late' : next
}

type Step = 'through' | 'wait' | { stopAllBut: number } | { startUpTo: number }

function stepOf(state: Rollout, service: ServicePlan, view: View): Step {
  const { name, replicas } = service
  const there = state.rolling?.stable[name] ?? 0
  const others = state.rolling?.candidate[name] ?? 0
  const exclusive = isExclusive(state, service)
  if (exclusive && others > 0) return { stopAllBut: 0 }
  // Traffic does not wait for workers that ail by themselves: they are the steady loop's.
  if (!service.routed && others === 0 && there >= replicas) return 'through'
  if (!isReady(view.stable, service, service.healthyForMs, there)) return 'wait'
  const stillNeeded = Math.max(0, replicas - there)
  if (others > stillNeeded) return { stopAllBut: stillNeeded }
  if (there >= replicas) return 'through'
  // Candidates that are not healthy serve nobody: what they lack is made up for at once.
  const missing = replicas - healthyCount(view.candidate, name) + 1
  return { startUpTo: exclusive ? replicas : Math.min(replicas, Math.max(there + 1, missing)) }
}

function carryOut(
  state: Rollout,
  { name }: ServicePlan,
  step: Exclude<Step, string>,
  now: number,
): Rollout {
  const rolling = state.rolling as Rolling
  const services = [name]
  if ('stopAllBut' in step) {
    const { stopAllBut: leave } = step
    const candidate = { ...rolling.candidate, [name]: leave }
    const next: Rollout = { ...state, rolling: { ...rolling, candidate } }
    return decide(next, { do: 'stop', side: 'candidate', services, leave })
  }
  const { startUpTo: count } = step
  const stable = { ...rolling.stable, [name]: count }
  const next: Rollout = { ...state, rolling: { ...rolling, stable, since: now } }
  return decide(next, { do: 'start', side: 'stable', services, count })
}

/** Workers of both releases that must never run beside each other: one of them says so. */
export const isExclusive = ({ candidate, stable }: Rollout, { name }: ServicePlan): boolean => {
  const both = [candidate, stable].map((plan) => plan?.services.find((one) => one.name === name))
  return both.every((one) => one !== undefined && !one.routed) && both.some(isNone)
}

const isNone = (service: ServicePlan | undefined): boolean => service?.overlap === 'none'
