import type { Problem } from '../base/error.ts'
import type { Place } from './environment.ts'

export type BuildStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'superseded' | 'cancelled'

/** Where a build may go from where it is; running → queued is a restart of Naru in the middle of it. */
export const buildMoves: Readonly<Record<BuildStatus, readonly BuildStatus[]>> = {
  queued: ['running', 'failed', 'superseded', 'cancelled'],
  running: ['queued', 'succeeded', 'failed', 'superseded', 'cancelled'],
  succeeded: [],
  failed: [],
  superseded: [],
  cancelled: [],
}

/** One run of a pipeline over a commit, numbered per app. Times are ISO 8601 in UTC. */
export type Build = Place & {
  number: number
  status: BuildStatus
  /** Where its files came from: a push, or an archive that was sent. */
  source: 'push' | 'archive'
  /** False in an environment with `deploy: manual`: nothing but an artifact comes of it. */
  deploys: boolean
  commit: string
  /** First line of the commit's message. */
  title: string
  /** Name of the token that pushed. */
  by: string
  queuedAt: string
  startedAt: string | null
  endedAt: string | null
  artifact: string | null
  problem: Problem | null
  /** The deployment that came of it. */
  deployment: number | null
  /** What its pusher should know and what keeps nothing from going on. */
  warnings: BuildWarning[]
}

/**
 * `env-file`: the commit holds a file of secrets; names of variables, never a value. `disk`: one that builds are kept on
 * will soon be too full for another.
 */
export type BuildWarning =
  | { kind: 'env-file'; file: string; names: string[] }
  | { kind: 'disk'; folder: string; usedPercent: number; freeBytes: number }
