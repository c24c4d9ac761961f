import type { LiveBackend } from './live-table.ts'
import type { Upstream } from './upstream.ts'

export type Choice = { release: number; upstream: Upstream }

/**
 * The instance for a request: a backend by weight, in it the instance with the least in flight. Ejected ones
 * come last, those of `tried` never. Null when nothing is left. `random` gives numbers from 0 up to 1.
 */
export function pick(
  backends: readonly LiveBackend[],
  tried: ReadonlySet<Upstream>,
  nowMs: number,
  random: () => number = Math.random,
): Choice | null {
  const usable = (upstream: Upstream) => !tried.has(upstream)
  const well = (upstream: Upstream) => usable(upstream) && !upstream.isEjected(nowMs)
  return pickAmong(backends, well, random) ?? pickAmong(backends, usable, random)
}

function pickAmong(
  backends: readonly LiveBackend[],
  allowed: (upstream: Upstream) => boolean,
  random: () => number,
): Choice | null {
  const candidates = backends.filter(
    ({ weight, upstreams }) => weight > 0 && upstreams.some(allowed),
  )
  const backend = byWeight(candidates, random)
  if (!backend) return null
  return {
    release: backend.release,
    upstream: leastBusy(backend.upstreams.filter(allowed), random),
  }
}

function byWeight(backends: readonly LiveBackend[], random: () => number): LiveBackend | undefined {
  if (backends.length < 2) return backends[0]
  const sum = backends.reduce((total, { weight }) => total + weight, 0)
  let share = random() * sum
  return (
    backends.find(({ weight }) => {
      share -= weight
      return share < 0
    }) ?? backends.at(-1)
  )
}

/** Starts at a random one, so that ties do not all go to the first. */
function leastBusy(upstreams: readonly Upstream[], random: () => number): Upstream {
  const start = upstreams.length > 1 ? Math.floor(random() * upstreams.length) : 0
  let best = upstreams[start] as Upstream
  for (let step = 1; step < upstreams.length; step++) {
    const other = upstreams[(start + step) % upstreams.length] as Upstream
    if (other.inFlight < best.inFlight) best = other
  }
  return best
}
