import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import type { Exit, InstanceId } from '../../model/instance.ts'
import type { SetId, SetSpec } from '../../model/set.ts'
import type { HealthSpec, StopSignal } from '../../model/spec.ts'
import type { InSlug } from './slug.ts'

/**
 * What must be known of an instance to take it over from a server that died: never a value of its
 * environment. Written before the program it speaks of is started.
 */
export type InstanceRecord = {
  version: 1
  id: InstanceId
  set: SetId
  routed: boolean
  health: HealthSpec
  stop: { signal: StopSignal; graceSeconds: number }
  folder: string
  port: number
  /** Group number of the app when it was started. */
  group: number
  /** The boot on which it was started. */
  boot: string
  /** Counts its starts; each has a run file of this number. */
  run: number
  startedAt: string
  /** Whether this run has ever been healthy. */
  wasHealthy: boolean
  restarts: number
  lastExit: Exit | null
  /** Null until it is told to stop. `sent`: the signal went out. */
  stopping: { graceSeconds: number; sent: boolean } | null
}

/** The record of an instance that was never started. */
export const newRecord = (
  id: InstanceId,
  { set, routed, health, stop, folder }: InSlug<SetSpec>,
): InstanceRecord => ({
  version: 1,
  id,
  set,
  routed,
  health,
  stop: { signal: stop.signal, graceSeconds: stop.graceSeconds },
  folder,
  port: 0,
  group: 0,
  boot: '',
  run: 0,
  startedAt: '',
  wasHealthy: false,
  restarts: 0,
  lastExit: null,
  stopping: null,
})

export const outputFile = (folder: string): string => join(folder, 'output')
export const runFile = (folder: string, run: number): string => join(folder, `run-${run}`)

/** Replaces the record in one step, so that whoever reads it finds the old one or the new one. */
export const writeRecord = (folder: string, record: InstanceRecord): Promise<void> =>
  replaceFile(join(folder, 'record.json'), JSON.stringify(record))

/** Replaces a file that only its owner may read in one step. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/**
 * Null if there is none, or none that can be read: it was cut off by a loss of power, before the start that it speaks of.
 * Throws `data.newer` where a newer Naru has written it: its process may run, and nobody here knows how to look after it.
 */
export const readRecord = (folder: string): InstanceRecord | null =>
  readVersioned<InstanceRecord>(join(folder, 'record.json'), 1)

/** The same for any record of this version or an older one. */
export function readVersioned<R extends { version: number }>(
  file: string,
  version: R['version'],
): R | null {
  let record: R | null
  try {
    record = JSON.parse(readFileSync(file, 'utf8')) as R | null
  } catch {
    return null // It was cut off.
  }
  if (record === null) return null
  if (record.version > version)
    throw new NaruError('data.newer', { file, found: `version ${record.version}` })
  return record.version === version ? record : null
}
