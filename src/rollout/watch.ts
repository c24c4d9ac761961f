import type { RolloutPlan } from '../model/rollout.ts'
import { restartBudget } from './judge.ts'
import { canServe, restartsOf, type SideView } from './view.ts'

/** How long a stable release may be without a healthy instance before its warm predecessor takes over. */
export const unservedLimitMs = 10_000

/** What the watch over one stable release remembers between looks. */
export type Watch = {
  release: number
  restarts: Record<string, number>
  unservedSince: number | null
}

/**
 * Looks at a release that is stable while its predecessor is warm. `dead`: it has had no healthy instance of a
 * routed service for 10 s, or a routed service's restart budget is spent. `now` is `Clock.served()`.
 */
export function look(
  before: Watch | null,
  plan: RolloutPlan,
  view: SideView,
  now: number,
): { watch: Watch; dead: boolean } {
  const routed = plan.services.filter((service) => service.routed)
  const known = before?.release === plan.release ? before : null
  const watch: Watch = {
    release: plan.release,
    restarts:
      known?.restarts ?? Object.fromEntries(routed.map((s) => [s.name, restartsOf(view, s.name)])),
    unservedSince: canServe(view, plan) ? null : (known?.unservedSince ?? now),
  }
  const unserved = watch.unservedSince !== null && now - watch.unservedSince >= unservedLimitMs
  const spent = routed.some(
    (s) => restartsOf(view, s.name) - (watch.restarts[s.name] ?? 0) > restartBudget,
  )
  return { watch, dead: unserved || spent }
}
