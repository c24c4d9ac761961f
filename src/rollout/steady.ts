import type { RolloutPlan } from '../model/rollout.ts'

export type SetPlan = { release: number; service: string; count: number }

/** What should run in an environment in which nothing is being deployed. */
export type Steady = { keep: SetPlan[]; warmOver: boolean }

/**
 * All services of the stable release, and the routed ones of the warm one until its time is over, and of `left`: one
 * that has the traffic although another is stable. Whatever else runs there is to be ended. `now` is `Clock.served()`.
 */
export function steady(
  stable: RolloutPlan | null,
  warm: { plan: RolloutPlan; untilServed: number } | null,
  now: number,
  left: RolloutPlan | null = null,
): Steady {
  const warmOver = warm !== null && now >= warm.untilServed
  const kept = warm !== null && !warmOver && warm.plan.release !== left?.release ? [warm.plan] : []
  const beside = [...kept, ...(left === null ? [] : [left])]
  const keep = [
    ...(stable === null ? [] : setsOf(stable, () => true)),
    ...beside.flatMap((plan) => setsOf(plan, (service) => service.routed)),
  ]
  return { keep, warmOver }
}

const setsOf = (
  plan: RolloutPlan,
  wanted: (service: RolloutPlan['services'][number]) => boolean,
): SetPlan[] =>
  plan.services
    .filter(wanted)
    .map(({ name, replicas }) => ({ release: plan.release, service: name, count: replicas }))
