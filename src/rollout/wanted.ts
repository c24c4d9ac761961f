import type { Rollout, ServicePlan } from '../model/rollout.ts'
import { startsAfterFlip } from './judge.ts'

export type Wanted = { candidate: string[]; stable: string[] }

/**
 * The services of each side that should be running in this state, apart from what is still decided and not
 * done. After a restart, of Naru or of the machine, they are asked for again.
 */
export function wanted(rollout: Rollout): Wanted {
  return { candidate: names(candidateOf(rollout)), stable: names(stableOf(rollout)) }
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
    default:
      return []
  }
}

function hasStarted({ wave, pending }: Rollout, service: ServicePlan): boolean {
  const inWave = wave?.services.includes(service.name) ?? false
  const waits = pending.some(({ effect }) => effect.do === 'stop')
  return inWave ? !waits : service.routed
}

const waitsForOld = ({ pending }: Rollout, { name, overlap }: ServicePlan): boolean =>
  overlap === 'none' &&
  pending.some(({ effect }) => effect.do === 'stop' && effect.services.includes(name))

function stableOf({ status, stable, displaced }: Rollout): ServicePlan[] {
  if (stable === null || status === 'queued') return []
  return stable.services.filter((service) => !displaced.includes(service.name))
}

const names = (services: ServicePlan[]): string[] => services.map((service) => service.name)
