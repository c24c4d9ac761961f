import type { Problem } from '../base/error.ts'
import type { Strategy } from './spec.ts'

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
  paused: ['shifting', 'baking', 'aborting'],
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

/** How this deployment is carried out: as the coming release says, or on the way back as the one that is left says. */
export function strategyOf({ kind, candidate, stable }: Rollout): Strategy {
  if (stable === null) return 'blue-green' // There is nothing to replace.
  return (kind === 'rollback' ? stable : candidate).strategy
}

export const isOver = (status: Status): status is Outcome => moves[status].length === 0

/** What the reducer must know of a release: its number and how its services behave. */
export type RolloutPlan = {
  release: number
  strategy: Strategy
  services: ServicePlan[]
  /** Names of the jobs that must succeed before anything starts, in this order. */
  jobs: string[]
}

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

/** Where traffic goes; `both` while one release replaces the other instance by instance. */
export type Serving = Side | 'both'

/** What must be done in the world. Doing one twice equals doing it once. */
export type Effect =
  | { do: 'prepare' }
  /** A job of the candidate runs to its end, unless it has once succeeded for that release. */
  | { do: 'job'; job: string }
  /** The run of that job that may be under way is ended. */
  | { do: 'end-job'; job: string }
  /** Every named service of that side gets its replicas, or only so many while instances are replaced one by one. */
  | { do: 'start'; side: Side; services: string[]; count?: number }
  /** One new table sends this environment's traffic there; done once that table is being served. */
  | { do: 'route'; side: Serving }
  /** Out of rotation, drained, then ended, until at most so many are left: none, unless it is said. */
  | { do: 'stop'; side: Side; services: string[]; leave?: number }
  /** The environment's pointer moves to the candidate. */
  | { do: 'promote' }

export type EffectKind = Effect['do']

/** Every kind there is; the compiler fails when one is missing. The crash matrix takes its rows from here. */
export const effectKinds = Object.keys({
  prepare: true,
  job: true,
  'end-job': true,
  start: true,
  route: true,
  stop: true,
  promote: true,
} satisfies Record<EffectKind, true>) as EffectKind[]

/** An effect that was decided and is not known to be done. Its key is unique within the deployment. */
export type PendingEffect = { key: string; effect: Effect }

/** Services that are coming up, and since when. */
export type Wave = {
  services: string[]
  since: number
  /** The first that was seen to be slow, and why; told once. */
  slow?: Slowness
}

/** Why a service is not healthy yet, though it might be by now. */
export type Slowness = {
  service: string
  reason: string
  /** The PORT that it was given; null where it has no instance. */
  given: number | null
  listening: number[]
  /** How long it has altogether. */
  withinSeconds: number
}

/** How far a rolling deployment is: instances by service, as asked for. */
export type Rolling = {
  candidate: Record<string, number>
  stable: Record<string, number>
  /** Of the candidate: how many have been healthy for as long as asked and may get traffic. */
  admitted: Record<string, number>
  /** When the instance that is coming up was asked for. */
  since: number
}

/** All that the reducer carries from step to step; stored as it is. Times are `Clock.served()` milliseconds. */
export type Rollout = {
  status: Status
  kind: 'release' | 'rollback'
  candidate: RolloutPlan
  stable: RolloutPlan | null
  /** Where the environment's traffic goes while this deployment runs. */
  traffic: Serving
  /** Whether users may have noticed: a request may have reached the candidate, or what served was ended for it. */
  exposed: boolean
  /** When the current status began. */
  since: number
  /** While starting: which services are coming up, and since when. */
  wave: Wave | null
  /** Restarts of each candidate service when traffic moved to it. */
  restartsAtFlip: Record<string, number>
  /** Stable services that were stopped for the candidate and must run again if it goes back. */
  displaced: string[]
  /** Null unless the strategy is `rolling` and there is a release to replace. */
  rolling: Rolling | null
  /** Since when nothing answers because what served was ended first; null while something should. */
  silentSince: number | null
  /** Since when a side that should serve has had no healthy instance; null while it has one. */
  unservedSince: number | null
  problem: Problem | null
  pending: PendingEffect[]
  /** How many effects were ever decided: the source of their keys. */
  effects: number
}
