import type { Problem } from '../base/error.ts'
import type { Place } from './environment.ts'

export type BuildStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'superseded'

/** Where a build may go from where it is; running → queued is a restart of Naru in the middle of it. */
export const buildMoves: Readonly<Record<BuildStatus, readonly BuildStatus[]>> = {
  queued: ['running', 'failed', 'superseded'],
  running: ['queued', 'succeeded', 'failed', 'superseded'],
  succeeded: [],
  failed: [],
  superseded: [],
}

/** One run of a pipeline over a commit, numbered per app. Times are ISO 8601 in UTC. */
export type Build = Place & {
  number: number
  status: BuildStatus
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
}
