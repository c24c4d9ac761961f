import type { LiveBackend } from './live-table.ts'
import type { Upstream } from './upstream.ts'

export type Choice = { release: number; upstream: Upstream }

/** What an instance must be to be chosen. */
type Allowed = {
  tried: ReadonlySet<Upstream>
  nowMs: number
  /** Whether one that could not be reached a moment ago may be. */
  ill: boolean
  /** How many requests it may have; 0 is no limit. */
  most: number
}

/**
 * The instance for a request: a backend by weight, in it the instance with the least in flight that has fewer than `most`
 * (0: no limit). Ejected ones come last, those of `tried` never. `full`: there are some, and none has room. Null when
 * nothing is left. `random` gives numbers from 0 up to 1.
 */
export function pick(
  backends: readonly LiveBackend[],
  tried: ReadonlySet<Upstream>,
  nowMs: number,
  most = 0,
  random: () => number = Math.random,
): Choice | 'full' | null {
  const allowed = { tried, nowMs, ill: false, most }
  return (
    pickWith(backends, allowed, random) ?? pickWith(backends, { ...allowed, ill: true }, random)
  )
}

function pickWith(
  backends: readonly LiveBackend[],
  allowed: Allowed,
  random: () => number,
): Choice | 'full' | null {
  const choice = pickAmong(backends, allowed, random)
  if (choice !== null || allowed.most === 0) return choice
  return pickAmong(backends, { ...allowed, most: 0 }, random) === null ? null : 'full'
}

function pickAmong(
  backends: readonly LiveBackend[],
  allowed: Allowed,
  random: () => number,
): Choice | null {
  let share = backends.length > 1 ? random() * sumOf(backends, allowed) : 0
  let last: LiveBackend | undefined
  for (const backend of backends) {
    const its = shareOf(backend, allowed)
    if (its === 0) continue
    last = backend
    share -= its
    if (share < 0) break
  }
  const upstream = last && leastBusy(last.upstreams, allowed, random)
  return last && upstream ? { release: last.release, upstream } : null
}

const sumOf = (backends: readonly LiveBackend[], allowed: Allowed): number =>
  backends.reduce((sum, backend) => sum + shareOf(backend, allowed), 0)

/** Its weight, if one of its instances may be chosen. */
const shareOf = ({ weight, upstreams }: LiveBackend, allowed: Allowed): number =>
  weight > 0 && upstreams.some((upstream) => isAllowed(upstream, allowed)) ? weight : 0

const isAllowed = (upstream: Upstream, { tried, nowMs, ill, most }: Allowed): boolean =>
  (tried.size === 0 || !tried.has(upstream)) &&
  (ill || !upstream.isEjected(nowMs)) &&
  (most === 0 || upstream.busy < most)

/** Starts at a random one, so that ties do not all go to the first. */
function leastBusy(
  upstreams: readonly Upstream[],
  allowed: Allowed,
  random: () => number,
): Upstream | null {
  const start = upstreams.length > 1 ? Math.floor(random() * upstreams.length) : 0
  let best: Upstream | null = null
  for (let step = 0; step < upstreams.length; step++) {
    const other = upstreams[(start + step) % upstreams.length] as Upstream
    if (best !== null && other.inFlight >= best.inFlight) continue
    if (isAllowed(other, allowed)) best = other
  }
  return best
}
