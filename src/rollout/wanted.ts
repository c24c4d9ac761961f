import { isOver, type Rollout, type ServicePlan, type Side } from '../model/rollout.ts'
import { startsAfterFlip } from './judge.ts'
import { isExclusive } from './retreat.ts'

/** Instances by service. */
export type Wanted = Record<Side, Record<string, number>>

/**
 * How many instances of each service of each side should be running in this state, apart from what is still decided
 * and not done. After a restart, of Naru or of the machine, they are asked for again.
 */
export function wanted(rollout: Rollout): Wanted {
  const { rolling, traffic, status } = rollout
  if (rolling === null || isOver(status))
    return { candidate: replicas(candidateOf(rollout)), stable: replicas(stableOf(rollout)) }
  return {
    candidate: traffic === 'stable' && status === 'aborting' ? {} : rolling.candidate,
    stable: rolling.stable,
  }
}

function candidateOf(rollout: Rollout): ServicePlan[] {
  const { services } = rollout.candidate
  switch (rollout.status) {
    case 'starting':
      return services.filter((service) => hasStarted(rollout, service))
    case 'shifting':
    case 'paused':
      return services.filter((service) => !startsAfterFlip(rollout, service))
    case 'baking':
      return services.filter((service) => !waitsForOld(rollout, service))
    case 'promoting':
    case 'blocked':
      return services
    case 'aborting':
    case 'restoring':
      return rollout.traffic === 'candidate' ? services : []
    case 'preparing':
      // It serves already: a deployment that was blocked has left it so.
      return rollout.traffic === 'candidate' ? services.filter((service) => service.routed) : []
    default:
      return []
  }
}

function hasStarted({ wave, pending }: Rollout, service: ServicePlan): boolean {
  const inWave = wave?.services.includes(service.name) ?? false
  const waits = pending.some(({ effect }) => effect.do === 'stop')
  return inWave ? !waits : service.routed
}

const waitsForOld = (rollout: Rollout, service: ServicePlan): boolean =>
  isExclusive(rollout, service) &&
  rollout.pending.some(
    ({ effect }) => effect.do === 'stop' && effect.services.includes(service.name),
  )

function stableOf({ status, stable, displaced }: Rollout): ServicePlan[] {
  if (stable === null || status === 'queued') return []
  return stable.services.filter((service) => !displaced.includes(service.name))
}

const replicas = (services: ServicePlan[]): Record<string, number> =>
  Object.fromEntries(services.map((service) => [service.name, service.replicas]))
