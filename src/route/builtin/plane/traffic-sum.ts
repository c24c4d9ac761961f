import type { RouteTraffic } from '../../router.ts'

/** The counts of several routers, or of several times, as if one had counted all. */
export function sumTraffic(parts: readonly (readonly RouteTraffic[])[]): RouteTraffic[] {
  const sums = new Map<string, RouteTraffic>()
  for (const counts of parts.flat()) {
    const key = keyOf(counts)
    const sum = sums.get(key)
    sums.set(key, sum === undefined ? counts : { ...added(sum, counts), release: counts.release })
  }
  return [...sums.values()]
}

/** What stays when its router has ended. */
export const settled = (traffic: readonly RouteTraffic[]): RouteTraffic[] =>
  traffic.map((counts) => ({
    ...counts,
    inFlight: 0,
    queue: { ...counts.queue, waiting: 0 },
  }))

const keyOf = ({ host, path, app, environment, service, release }: RouteTraffic): string =>
  `${host}${path} ${app} ${environment} ${service} ${release}`

/** Numbers are added wherever they are, lists by position; what else there is is the same in both. */
function added<T>(one: T, other: T): T {
  if (typeof one === 'number' && typeof other === 'number') return (one + other) as T
  if (Array.isArray(one) && Array.isArray(other))
    return one.map((each: unknown, at) => added(each, other[at] as unknown)) as T
  if (typeof one !== 'object' || one === null || typeof other !== 'object') return one
  const entries = Object.entries(one).map(([name, value]: [string, unknown]) => [
    name,
    added(value, (other as Record<string, unknown>)[name]),
  ])
  return Object.fromEntries(entries) as T
}
