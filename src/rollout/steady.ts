import type { RolloutPlan } from '../model/rollout.ts'

export type SetPlan = { release: number; service: string; count: number }

/** What should run in an environment in which nothing is being deployed. */
export type Steady = { keep: SetPlan[]; warmOver: boolean }

/**
 * All services of the stable release, and the routed ones of the warm one until its time is over. Whatever
 * else runs there is to be ended. `now` is `Clock.served()`.
 */
export function steady(
  stable: RolloutPlan | null,
  warm: { plan: RolloutPlan; untilServed: number } | null,
  now: number,
): Steady {
  const warmOver = warm !== null && now >= warm.untilServed
  const kept = warm !== null && !warmOver ? setsOf(warm.plan, (service) => service.routed) : []
  return { keep: [...(stable === null ? [] : setsOf(stable, () => true)), ...kept], warmOver }
}

const setsOf = (
  plan: RolloutPlan,
  wanted: (service: RolloutPlan['services'][number]) => boolean,
): SetPlan[] =>
  plan.services
    .filter(wanted)
    .map(({ name, replicas }) => ({ release: plan.release, service: name, count: replicas }))
