import type { Drained } from '../../router.ts'
import type { Upstream } from './upstream.ts'

/**
 * Waits until nothing is in flight to any of these, or the time is up. Then it cuts what was upgraded, which
 * would never end by itself, and leaves the rest to whoever ends the instance. Where another drain has begun meanwhile, or
 * the table names the instance again, it cuts nothing: a server that died drains again when it is back.
 */
export async function drain(
  upstreams: readonly Upstream[],
  graceSeconds: number,
): Promise<Drained> {
  const drains = upstreams.map((upstream) => ({ upstream, isCurrent: upstream.beginDrain() }))
  const { promise: timeIsUp, cancel } = after(graceSeconds * 1000)
  await Promise.race([Promise.all(upstreams.map(whenIdle)), timeIsUp])
  cancel()
  const leftInFlight = upstreams.reduce((sum, { inFlight }) => sum + inFlight, 0)
  for (const { upstream, isCurrent } of drains) if (isCurrent()) upstream.cutTunnels()
  return { leftInFlight }
}

const whenIdle = (upstream: Upstream): Promise<void> =>
  new Promise((resolve) => {
    if (upstream.inFlight === 0) resolve()
    else upstream.onceIdle(resolve)
  })

/** Resolves after so many milliseconds, unless it is cancelled: then never. */
export function after(ms: number): { promise: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1))
  })
  return { promise, cancel: () => clearTimeout(timer) }
}
