import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exit, InstanceId } from '../../model/instance.ts'
import type { SetId, SetSpec } from '../../model/set.ts'
import type { HealthSpec, StopSignal } from '../../model/spec.ts'

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
  { set, routed, health, stop, folder }: SetSpec,
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

/** Null if there is none, or none that can be read: it was cut off by a loss of power. */
export function readRecord(folder: string): InstanceRecord | null {
  try {
    const record = JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8')) as InstanceRecord
    return record.version === 1 ? record : null
  } catch {
    return null // Then no process can be running by it: it is written before each start, on the boot of the process.
  }
}
