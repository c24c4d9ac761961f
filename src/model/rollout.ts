import type { Problem } from '../base/error.ts'

/** Where a deployment is. `moves` says where it may go. */
export type Status =
  | 'queued'
  | 'preparing'
  | 'starting'
  | 'shifting'
  | 'paused'
  | 'baking'
  | 'promoting'
  | 'aborting'
  | 'restoring'
  | 'blocked'
  | Outcome

/** How a deployment ended. `failed`: no user saw it, or there was nothing to go back to. */
export type Outcome = 'succeeded' | 'rolled_back' | 'failed' | 'superseded' | 'cancelled'

/** The one table of allowed moves. The crash matrix takes its rows from here. */
export const moves: Readonly<Record<Status, readonly Status[]>> = {
  queued: ['preparing', 'superseded', 'cancelled'],
  preparing: ['starting', 'aborting'],
  starting: ['shifting', 'aborting'],
  shifting: ['baking', 'paused', 'aborting'],
  paused: ['baking', 'aborting'],
  baking: ['promoting', 'aborting', 'blocked'],
  promoting: ['succeeded'],
  aborting: ['restoring', 'blocked', 'rolled_back', 'failed', 'superseded', 'cancelled'],
  restoring: ['aborting', 'blocked'],
  blocked: ['failed', 'cancelled', 'superseded'],
  succeeded: [],
  rolled_back: [],
  failed: [],
  superseded: [],
  cancelled: [],
}

export const isOver = (status: Status): status is Outcome => moves[status].length === 0

/** What the reducer must know of a release: its number and how its services behave. */
export type RolloutPlan = { release: number; services: ServicePlan[] }

export type ServicePlan = {
  name: string
  routed: boolean
  replicas: number
  healthyForMs: number
  healthyWithinMs: number
  settleMs: number
  overlap: 'allowed' | 'none'
}

/** Which release a step is about: the one that is coming, or the one that the environment points to. */
export type Side = 'candidate' | 'stable'

/** What must be done in the world. Doing one twice equals doing it once. */
export type Effect =
  | { do: 'prepare' }
  /** Every named service of that side gets its replicas. */
  | { do: 'start'; side: Side; services: string[] }
  /** One new table sends this environment's traffic there; done once that table is being served. */
  | { do: 'route'; side: Side }
  /** Out of rotation, drained, then ended. Done when nothing of the set is left. */
  | { do: 'stop'; side: Side; services: string[] }
  /** The environment's pointer moves to the candidate. */
  | { do: 'promote' }

export type EffectKind = Effect['do']

/** Every kind there is; the compiler fails when one is missing. The crash matrix takes its rows from here. */
export const effectKinds = Object.keys({
  prepare: true,
  start: true,
  route: true,
  stop: true,
  promote: true,
} satisfies Record<EffectKind, true>) as EffectKind[]

/** An effect that was decided and is not known to be done. Its key is unique within the deployment. */
export type PendingEffect = { key: string; effect: Effect }

/** All that the reducer carries from step to step; stored as it is. Times are `Clock.served()` milliseconds. */
export type Rollout = {
  status: Status
  kind: 'release' | 'rollback'
  candidate: RolloutPlan
  stable: RolloutPlan | null
  /** Where the environment's traffic goes while this deployment runs. */
  traffic: Side
  /** Whether a user's request may have reached the candidate. */
  exposed: boolean
  /** When the current status began. */
  since: number
  /** While starting: which services are coming up, and since when. */
  wave: { services: string[]; since: number } | null
  /** Restarts of each candidate service when traffic moved to it. */
  restartsAtFlip: Record<string, number>
  /** Stable services that were stopped for the candidate and must run again if it goes back. */
  displaced: string[]
  /** Since when a side that should serve has had no healthy instance; null while it has one. */
  unservedSince: number | null
  problem: Problem | null
  pending: PendingEffect[]
  /** How many effects were ever decided: the source of their keys. */
  effects: number
}
