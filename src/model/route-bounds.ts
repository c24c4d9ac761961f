/** In seconds; 0 is no limit. */
export type RouteTimeouts = {
  /** To a connection to an instance; routes to the same instance share the longest. */
  connectSeconds: number
  /** From the request to the head of the answer. */
  answerSeconds: number
  /** Between two pieces of an answer. */
  idleSeconds: number
}

export type RouteLimits = {
  /** The largest body of a request, in bytes; 0 is no limit. */
  bodyBytes: number
  /** Requests at once to each instance, without upgraded connections; 0 is no limit. */
  inFlight: number
  /** Requests that may wait while every instance has as many as it may. */
  queue: number
  /** The longest wait. */
  waitSeconds: number
}

/** An answer may be a stream that is silent for hours, so that `idle` has to be asked for. */
export const defaultTimeouts: RouteTimeouts = {
  connectSeconds: 3,
  answerSeconds: 60,
  idleSeconds: 0,
}

/** How many at once an app can take, and how large an upload it wants, nobody else knows: no number here would not cut off somebody. */
export const defaultLimits: RouteLimits = { bodyBytes: 0, inFlight: 0, queue: 100, waitSeconds: 10 }
