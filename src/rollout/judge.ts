import type { Problem } from '../base/error.ts'
import type { Rolling, Rollout, ServicePlan, Wave } from '../model/rollout.ts'
import { instancesOf, isReady, restartsOf, type SideView, type View } from './view.ts'

/** Tries after the first that a program has while its release comes up. */
export const restartBudget = 3

/** How long a routed service may be without a healthy instance while its release is watched. */
export const falterMs = 3000

/** After so long of a start it is told what is wrong so far. */
export const slowMs = 10_000

/** The wave with what is wrong so far, once it has taken long; the same where that is known or nothing is wrong. */
export function withSlowness(rollout: Rollout, view: SideView, now: number): Wave | null {
  const { wave, candidate } = rollout
  if (wave === null || wave.slow !== undefined || now - wave.since < slowMs) return wave
  for (const { name, healthyWithinMs } of candidate.services) {
    const sick = instancesOf(view, name).find(({ healthy, reason }) => !healthy && reason !== '')
    if (!wave.services.includes(name) || sick === undefined) continue
    const { reason, port: given, listening } = sick
    const withinSeconds = Math.round(healthyWithinMs / 1000)
    return {
      ...wave,
      slow: { service: name, reason, given, listening: [...listening], withinSeconds },
    }
  }
  return wave
}

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

/**
 * Why a release that replaces another instance by instance has failed. Of a service that is coming up a program has its
 * tries; one that is up must stay up.
 */
export function judgeRolling(
  rollout: Rollout,
  rolling: Rolling,
  { candidate: view }: View,
  now: number,
): Problem | null {
  const count = ({ name }: ServicePlan) => rolling.candidate[name] ?? 0
  const services = rollout.candidate.services.filter((service) => count(service) > 0)
  return (
    firstProblem(services, (service) =>
      count(service) > (rolling.admitted[service.name] ?? 0)
        ? (crashed(rollout, service, view) ??
          lateInstance(rollout, service, view, now - rolling.since, count(service)))
        : died(rollout, service, view, now),
    ) ?? faltered(rollout, view, now)
  )
}

/** When a routed service was first seen with too few healthy instances to serve; null while each has enough. */
export function unservedSince(rollout: Rollout, view: SideView, now: number): number | null {
  const down = rollout.candidate.services.some((service) => isUnserved(rollout, service, view))
  return down ? (rollout.unservedSince ?? now) : null
}

/** One that comes back after the machine was away has the time that it may take to start. */
function isUnserved({ rolling, status }: Rollout, service: ServicePlan, view: SideView): boolean {
  const isRolling = rolling !== null && status !== 'baking'
  const needed = isRolling ? (rolling.admitted[service.name] ?? 0) : Math.min(1, service.replicas)
  const served = instancesOf(view, service.name).filter(
    ({ healthy, awaited }) => healthy || awaited,
  )
  return service.routed && served.length < needed
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

function lateInstance(
  rollout: Rollout,
  service: ServicePlan,
  view: SideView,
  sinceMs: number,
  count: number,
): Problem | null {
  if (sinceMs < service.healthyWithinMs) return null
  if (isReady(view, service, service.healthyForMs, count)) return null
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
      exposed: rollout.traffic !== 'stable',
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
  const service = rollout.candidate.services.find((s) => isUnserved(rollout, s, view))
  if (service === undefined) return null
  const sick = instancesOf(view, service.name).find((instance) => !instance.healthy)
  const reason = sick?.reason || 'it has no instance'
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
