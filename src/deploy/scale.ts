import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import type { Instance } from '../model/instance.ts'
import { isRouted, type Release } from '../model/release.ts'
import { appendEvent } from '../store/events.ts'
import { listScales, type Scales, setScale, unsetScale } from '../store/scales.ts'
import type { Parts } from './parts.ts'
import { newestRelease } from './serving.ts'

/** How many instances each service of a release has: what was asked for with `naru scale`, else what the release says. */
export function replicasOf(
  { services }: Pick<Release, 'services'>,
  scales: Scales,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(services).map(([name, { replicas }]) => [
      name,
      Object.hasOwn(scales, name) ? (scales[name] ?? replicas) : replicas,
    ]),
  )
}

/** The instances of one set that are more than wanted: first those that do not serve, then the newest; what has served longest stays. */
export function surplus(instances: readonly Instance[], wanted: number): Instance[] {
  const there = instances.filter(({ health }) => health !== 'stopping')
  const leastNeededFirst = there.sort(
    (a, b) =>
      Number(a.health === 'healthy') - Number(b.health === 'healthy') ||
      compare(b.startedAt, a.startedAt) ||
      compare(b.id, a.id),
  )
  return leastNeededFirst.slice(0, Math.max(0, there.length - wanted))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** `set`: so many instances of each; `unset`: as many as the releases say; `confirmed`: 0 is meant for what has traffic, too. */
export type ScaleChange = {
  set: Record<string, number>
  unset: readonly string[]
  confirmed: boolean
}

/** A service with how many instances it should have, and who says so. */
export type ServiceScale = { name: string; routed: boolean; replicas: number; asked: boolean }

/** The services of what serves, or is about to, with their number of instances. */
export async function scaleOf(
  { store }: Pick<Parts, 'store'>,
  place: Place,
): Promise<ServiceScale[]> {
  const release = await newestRelease(store.db, place)
  if (release === null) return []
  const scales = await listScales(store.db, place)
  return Object.entries(replicasOf(release, scales)).map(([name, replicas]) => ({
    name,
    routed: isRouted(release, name),
    replicas,
    asked: Object.hasOwn(scales, name),
  }))
}

/** Keeps how many instances are wanted; the steady loop makes it true. Throws `service.unknown`, `scale.zero`. */
export async function changeScale(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  place: Place,
  { set, unset, confirmed }: ScaleChange,
  by: string,
): Promise<void> {
  const { app, environment } = place
  await store.write(async (db) => {
    const release = await newestRelease(db, place)
    const services = Object.keys(release?.services ?? {})
    for (const service of [...Object.keys(set), ...unset])
      if (!services.includes(service))
        throw new NaruError('service.unknown', { app, environment, service, services })
    for (const [service, replicas] of Object.entries(set)) {
      const turnsAway = replicas === 0 && release !== null && isRouted(release, service)
      if (turnsAway && !confirmed) throw new NaruError('scale.zero', { app, environment, service })
      await setScale(db, place, service, replicas)
    }
    for (const service of unset) await unsetScale(db, place, service)
    const changes = { ...set, ...Object.fromEntries(unset.map((service) => [service, null])) }
    const at = clock.now().toISOString()
    const data = { services: changes, by }
    await appendEvent(db, at, { app, environment, kind: 'scale.changed', data })
  })
}
