import type { Place } from './environment.ts'

/** How a run of a job stands. All but `running` are final. */
export type JobRunStatus = 'running' | 'succeeded' | 'failed' | 'timed_out' | 'cancelled'

/** What is kept of one run of a release's job, numbered per environment. */
export type JobRunRecord = Place & {
  number: number
  release: number
  job: string
  status: JobRunStatus
  /** Name of the token that asked for it, or of what Naru does by itself. */
  by: string
  /** The deployment that needs it; null where it was asked for by hand. */
  deployment: number | null
  startedAt: string
  endedAt: string | null
  exitCode: number | null
  signal: string | null
}

/** "job/migrate": what its lines in the environment's log carry as their service; no service can have such a name. */
export const jobLogService = (job: string): string => `job/${job}`

/** "run-3": what they carry as their instance. */
export const jobLogInstance = (run: number): string => `run-${run}`
