import type { Route } from '../../../model/route.ts'
import { defaultLimits, defaultTimeouts } from '../../../model/route-bounds.ts'

/** A route's timeouts in milliseconds and its limits; 0 is no limit, but for `queue` and `waitMs`. */
export type Bounds = {
  connectMs: number
  answerMs: number
  idleMs: number
  bodyBytes: number
  inFlight: number
  queue: number
  waitMs: number
}

/** Longer is no limit to Node's timers, which would fire at once. */
const longestMs = 2 ** 31 - 1

/** The bounds of a route, the defaults where it has none. */
export function boundsOf({ timeouts, limits }: Pick<Route, 'timeouts' | 'limits'>): Bounds {
  const { connectSeconds, answerSeconds, idleSeconds } = { ...defaultTimeouts, ...timeouts }
  const { bodyBytes, inFlight, queue, waitSeconds } = { ...defaultLimits, ...limits }
  return {
    connectMs: msOf(connectSeconds),
    answerMs: msOf(answerSeconds),
    idleMs: msOf(idleSeconds),
    ...{ bodyBytes, inFlight, queue },
    waitMs: msOf(waitSeconds),
  }
}

const msOf = (seconds: number): number => Math.min(longestMs, Math.ceil(seconds * 1000))
