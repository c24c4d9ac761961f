import { join } from 'node:path'
import type { Place } from '../../model/environment.ts'
import type { JobEnd, JobRun } from '../engine.ts'
import { readVersioned, replaceFile } from './record.ts'

/**
 * What must be known of a run to take it over from a server that died: never a value of its environment. Written
 * before its program is started.
 */
export type JobRecord = {
  version: 1
  /** In the environment of each of its processes; never used twice, whatever the run's number. */
  id: string
  place: Place
  release: number
  job: string
  run: number
  folder: string
  timeoutSeconds: number
  /** Group number of the app when it was started. */
  group: number
  /** The boot on which it was started. */
  boot: string
  startedAt: string
  /** Why it is being ended by Naru. */
  ending: 'time' | 'cancelled' | null
  /** Null until it has ended, with all that it started. */
  end: (JobEnd & { at: string }) | null
}

/** "shop.production.7": where a run is kept, by what makes it one. No name has a dot in it. */
export const jobName = ({ place, run }: Pick<JobRun, 'place' | 'run'>): string =>
  `${place.app}.${place.environment}.${run}`

export const writeJobRecord = (folder: string, record: JobRecord): Promise<void> =>
  replaceFile(join(folder, 'record.json'), JSON.stringify(record))

/** Null if there is none, or none that can be read: then nothing was started by it. Throws `data.newer`. */
export const readJobRecord = (folder: string): JobRecord | null =>
  readVersioned<JobRecord>(join(folder, 'record.json'), 1)
