import type { Instance } from '../model/instance.ts'
import { sayExit } from '../model/instance.ts'
import { isRouted, type Release } from '../model/release.ts'
import type { RolloutPlan } from '../model/rollout.ts'
import type { InstanceView, SideView, View } from '../rollout/view.ts'
import type { Scales } from '../store/scales.ts'
import { replicasOf } from './scale.ts'

/** What the reducer must know of a release. A service with no instances is no part of it: nobody waits for those. */
export function rolloutPlan(release: Release, scales: Scales): RolloutPlan {
  const replicas = replicasOf(release, scales)
  const wanted = Object.entries(release.services).filter(([name]) => replicas[name] !== 0)
  const services = wanted.map(([name, service]) => ({
    name,
    routed: isRouted(release, name),
    replicas: replicas[name] ?? service.replicas,
    healthyForMs: service.healthyForSeconds * 1000,
    healthyWithinMs: service.healthyWithinSeconds * 1000,
    settleMs: service.settleSeconds * 1000,
    overlap: service.overlap,
  }))
  const jobs = Object.entries(release.jobs).filter(([, job]) => job.when === 'before-rollout')
  return {
    release: release.number,
    strategy: release.strategy,
    services,
    jobs: jobs.map(([name]) => name),
  }
}

/** The instances of one environment as the reducer counts them; those that are ending count no more. */
export function viewOf(instances: Instance[], candidate: number, stable: number | null): View {
  return {
    candidate: sideOf(instances, candidate),
    stable: stable === null ? {} : sideOf(instances, stable),
  }
}

/** Its latest run has ended by itself. One that went down with the machine has not: how it ended is not known. */
const hasEnded = ({ lastExit, startedAt }: Instance): boolean =>
  lastExit !== null &&
  lastExit.at >= startedAt &&
  lastExit.isForeign !== true &&
  (lastExit.code !== null || lastExit.signal !== null)

export function sideOf(instances: Instance[], release: number): SideView {
  const side: Record<string, InstanceView[]> = {}
  for (const instance of instances) {
    if (instance.set.release !== release || instance.health === 'stopping') continue
    const { service } = instance.set
    side[service] = [...(side[service] ?? []), instanceView(instance)]
  }
  return side
}

const instanceView = (instance: Instance): InstanceView => ({
  healthy: instance.health === 'healthy',
  down: instance.health === 'down' && hasEnded(instance),
  awaited: ['starting', 'down'].includes(instance.health) && !hasEnded(instance),
  healthyForMs: instance.healthyForMs,
  restarts: instance.restarts,
  exit: instance.lastExit === null ? '' : sayExit(instance.lastExit),
  reason: instance.reason ?? '',
  port: instance.address.port,
  listening: instance.listening,
})
