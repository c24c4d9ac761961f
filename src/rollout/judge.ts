import type { Problem } from '../base/error.ts'
import type { Rollout, ServicePlan } from '../model/rollout.ts'
import { healthyCount, instancesOf, isReady, restartsOf, type SideView } from './view.ts'

/** Tries after the first that a program has while its release comes up. */
export const restartBudget = 3

/** How long a routed service may be without a healthy instance while its release is watched. */
export const falterMs = 3000

/** Why a release that is coming up has failed, or null while it may still succeed. */
export function judgeStart(rollout: Rollout, view: SideView, now: number): Problem | null {
  const services = rollout.candidate.services
  return (
    firstProblem(services, (service) => crashed(rollout, service, view)) ??
    firstProblem(startedBy(rollout), (service) => late(rollout, service, view, now))
  )
}

/** Why a release that has the traffic has failed: something of it ended, or it stopped answering. */
export function judgeBake(rollout: Rollout, view: SideView, now: number): Problem | null {
  const { services } = rollout.candidate
  return (
    firstProblem(services, (service) =>
      startsAfterFlip(rollout, service)
        ? (crashed(rollout, service, view) ?? lateInBake(rollout, service, view, now))
        : (died(rollout, service, view, now) ?? lateInBake(rollout, service, view, now)),
    ) ?? faltered(rollout, view, now)
  )
}

/** When a routed service was first seen without a healthy instance; null while each has one. */
export function unservedSince(rollout: Rollout, view: SideView, now: number): number | null {
  const down = rollout.candidate.services.some((s) => s.routed && healthyCount(view, s.name) === 0)
  return down ? (rollout.unservedSince ?? now) : null
}

/** On the way back, workers start under traffic; a new release's worker must run before it gets any. */
export const startsAfterFlip = (rollout: Rollout, service: ServicePlan): boolean =>
  rollout.kind === 'rollback' && !service.routed && rollout.candidate.services.some((s) => s.routed)

/** What has been started by now; routed services must still be healthy while workers come up. */
const startedBy = (rollout: Rollout): ServicePlan[] =>
  rollout.candidate.services.filter((s) => s.routed || rollout.wave?.services.includes(s.name))

function crashed(rollout: Rollout, service: ServicePlan, view: SideView): Problem | null {
  const used = restartsOf(view, service.name) - (rollout.restartsAtFlip[service.name] ?? 0)
  const down = instancesOf(view, service.name).find((instance) => instance.down)
  if (used < restartBudget || (used === restartBudget && !down)) return null
  const exit = lastExit(view, service)
  return {
    code: 'rollout.crashed',
    facts: { release: rollout.candidate.release, service: service.name, restarts: used, exit },
  }
}

function late(rollout: Rollout, service: ServicePlan, view: SideView, now: number): Problem | null {
  if (rollout.wave === null || isReady(view, service)) return null
  if (now - rollout.wave.since < service.healthyWithinMs) return null
  return unhealthy(rollout, service, view, service.healthyWithinMs)
}

function lateInBake(rollout: Rollout, service: ServicePlan, view: SideView, now: number) {
  const limitMs = settleMs(rollout) + service.healthyWithinMs
  if (isReady(view, service, 0) || now - rollout.since < limitMs) return null
  return unhealthy(rollout, service, view, limitMs)
}

function unhealthy(rollout: Rollout, service: ServicePlan, view: SideView, ms: number): Problem {
  const sick = instancesOf(view, service.name).find((instance) => !instance.healthy)
  return {
    code: 'rollout.unhealthy',
    facts: {
      release: rollout.candidate.release,
      service: service.name,
      seconds: Math.round(ms / 1000),
      reason: sick?.reason ?? 'not enough instances were started',
      given: sick?.port ?? null,
      listening: sick?.listening ?? [],
    },
  }
}

function died(rollout: Rollout, service: ServicePlan, view: SideView, now: number): Problem | null {
  const since = rollout.restartsAtFlip[service.name] ?? 0
  const down = instancesOf(view, service.name).some((instance) => instance.down)
  if (!down && restartsOf(view, service.name) <= since) return null
  return {
    code: 'rollout.died',
    facts: {
      release: rollout.candidate.release,
      service: service.name,
      afterSeconds: Math.round((now - rollout.since) / 1000),
      exit: lastExit(view, service),
    },
  }
}

function faltered(rollout: Rollout, view: SideView, now: number): Problem | null {
  const since = unservedSince(rollout, view, now)
  if (since === null || now - since < falterMs) return null
  const service = rollout.candidate.services.find(
    (s) => s.routed && healthyCount(view, s.name) === 0,
  )
  if (service === undefined) return null
  const reason = instancesOf(view, service.name)[0]?.reason || 'it has no instance'
  return {
    code: 'rollout.faltered',
    facts: { release: rollout.candidate.release, service: service.name, reason },
  }
}

/** The longest watch that any service of the coming release asks for. */
export const settleMs = (rollout: Rollout): number =>
  Math.max(0, ...rollout.candidate.services.map((service) => service.settleMs))

const lastExit = (view: SideView, service: ServicePlan): string =>
  instancesOf(view, service.name).find((instance) => instance.exit !== '')?.exit ?? 'unknown exit'

function firstProblem(
  services: readonly ServicePlan[],
  judge: (service: ServicePlan) => Problem | null,
): Problem | null {
  for (const service of services) {
    const problem = judge(service)
    if (problem !== null) return problem
  }
  return null
}
