import type { RolloutPlan } from '../model/rollout.ts'
import { restartBudget } from './judge.ts'
import { canServe, restartsOf, type SideView } from './view.ts'

/** How long a stable release may be without a healthy instance before its warm predecessor takes over. */
export const unservedLimitMs = 10_000

/** What the watch over one stable release remembers between looks. */
export type Watch = {
  release: number
  restarts: Record<string, number>
  /** Whether it has been seen to serve. Until then it is coming up, as after a start of the machine. */
  hasServed: boolean
  unservedSince: number | null
}

/**
 * Looks at a release that is stable while its predecessor is warm. `dead`: it has had no healthy instance of a
 * routed service for 10 s (where it was not seen to serve yet: for the time that it has to start), or a routed service's restart budget is spent. `now` is `Clock.served()`.
 */
export function look(
  before: Watch | null,
  plan: RolloutPlan,
  view: SideView,
  now: number,
): { watch: Watch; dead: boolean } {
  const routed = plan.services.filter((service) => service.routed)
  const known = before?.release === plan.release ? before : null
  const serves = canServe(view, plan)
  const watch: Watch = {
    release: plan.release,
    hasServed: serves || (known?.hasServed ?? false),
    restarts:
      known?.restarts ?? Object.fromEntries(routed.map((s) => [s.name, restartsOf(view, s.name)])),
    unservedSince: serves ? null : (known?.unservedSince ?? now),
  }
  const comingUpMs = watch.hasServed ? [] : routed.map((service) => service.healthyWithinMs)
  const limitMs = Math.max(unservedLimitMs, ...comingUpMs)
  const unserved = watch.unservedSince !== null && now - watch.unservedSince >= limitMs
  const spent = routed.some(
    (s) => restartsOf(view, s.name) - (watch.restarts[s.name] ?? 0) > restartBudget,
  )
  return { watch, dead: unserved || spent }
}
