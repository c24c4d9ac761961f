import type { Place } from './environment.ts'
import type { Rollout } from './rollout.ts'

/** The record of one attempt to make a release serve in an environment. Times are ISO 8601 in UTC. */
export type Deployment = Place & {
  number: number
  release: number
  /** The release that was stable when it began. */
  from: number | null
  rollout: Rollout
  /** Name of the token that asked, or "naru" when it acts by itself. */
  by: string
  queuedAt: string
  startedAt: string | null
  /** When traffic moved to the release. */
  liveAt: string | null
  endedAt: string | null
}

/** Who acted when nobody asked. */
export const naruItself = 'naru'
