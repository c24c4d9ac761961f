import type { RolloutPlan, ServicePlan } from '../model/rollout.ts'

/** What the reducer is told of one instance. */
export type InstanceView = {
  healthy: boolean
  /** Its program has ended and waits for its next start. */
  down: boolean
  /** It starts again because the machine or the engine was away, not because it ended. */
  awaited: boolean
  healthyForMs: number
  restarts: number
  /** "exit code 1"; how its program ended last, "" if it never did. */
  exit: string
  /** Why it is not healthy; "" while it is. */
  reason: string
  /** The PORT that it was given. */
  port: number
  listening: number[]
}

/** The instances of one release, by service. */
export type SideView = Readonly<Record<string, readonly InstanceView[]>>
export type View = { candidate: SideView; stable: SideView }

export const instancesOf = (side: SideView, service: string): readonly InstanceView[] =>
  side[service] ?? []

export const healthyCount = (side: SideView, service: string): number =>
  instancesOf(side, service).filter((instance) => instance.healthy).length

/** The most restarts that any instance of the service has had. */
export const restartsOf = (side: SideView, service: string): number =>
  Math.max(0, ...instancesOf(side, service).map((instance) => instance.restarts))

/** All replicas, or so many, are there and healthy, for as long as the spec asks. */
export function isReady(
  side: SideView,
  plan: ServicePlan,
  forMs = plan.healthyForMs,
  count = plan.replicas,
): boolean {
  const ready = instancesOf(side, plan.name).filter((i) => i.healthy && i.healthyForMs >= forMs)
  return ready.length >= count
}

/** Every routed service of the release that should have instances has at least one that is healthy. */
export function canServe(side: SideView, plan: RolloutPlan): boolean {
  return plan.services
    .filter((service) => service.routed && service.replicas > 0)
    .every((service) => healthyCount(side, service.name) > 0)
}

/** Healthy instances behind the release's routes. */
export function servingCount(side: SideView, plan: RolloutPlan): number {
  return plan.services
    .filter(isRouted)
    .reduce((sum, service) => sum + healthyCount(side, service.name), 0)
}

const isRouted = (service: ServicePlan): boolean => service.routed
