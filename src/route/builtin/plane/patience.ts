/** How long the router bears with clients, in milliseconds. */
export type Patience = {
  /** From a connection, or from the answer before, to a whole head once its first byte is there. */
  headMs: number
  /** Between two pieces of a body that an app waits for. */
  bodyMs: number
  /** In which a client takes nothing of an answer that waits for it. */
  takeMs: number
  /** Between two requests of one connection. */
  restMs: number
  /** In which nothing comes on an upgraded connection of which one side has ended. */
  halfMs: number
  /** How long the rest of a body is read that its app did not want. */
  lingerMs: number
}

/** `restMs` is longer than the load balancers that may stand in front of it keep their connections. */
export const usualPatience: Patience = {
  headMs: 30_000,
  bodyMs: 60_000,
  takeMs: 120_000,
  restMs: 65_000,
  halfMs: 60_000,
  lingerMs: 10_000,
}
