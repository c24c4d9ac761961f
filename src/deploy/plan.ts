import type { Instance } from '../model/instance.ts'
import { sayExit } from '../model/instance.ts'
import { isRouted, type Release } from '../model/release.ts'
import type { RolloutPlan } from '../model/rollout.ts'
import type { InstanceView, SideView, View } from '../rollout/view.ts'

/** What the reducer must know of a release. */
export function rolloutPlan(release: Release): RolloutPlan {
  const services = Object.entries(release.services).map(([name, service]) => ({
    name,
    routed: isRouted(release, name),
    replicas: service.replicas,
    healthyForMs: service.healthyForSeconds * 1000,
    healthyWithinMs: service.healthyWithinSeconds * 1000,
    settleMs: service.settleSeconds * 1000,
    overlap: service.overlap,
  }))
  return { release: release.number, services }
}

/** The instances of one environment as the reducer counts them; those that are ending count no more. */
export function viewOf(instances: Instance[], candidate: number, stable: number | null): View {
  return {
    candidate: sideOf(instances, candidate),
    stable: stable === null ? {} : sideOf(instances, stable),
  }
}

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
  down: instance.health === 'down',
  healthyForMs: instance.healthyForMs,
  restarts: instance.restarts,
  exit: instance.lastExit === null ? '' : sayExit(instance.lastExit),
  reason: instance.reason ?? '',
  port: instance.address.port,
  listening: instance.listening,
})
