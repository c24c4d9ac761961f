import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exit, InstanceId } from '../../model/instance.ts'

/** What the daemon does not keep of an instance. One that is lost is begun anew: the instance itself is the daemon's. */
export type DockerRecord = {
  version: 1
  restarts: number
  lastExit: Exit | null
  /** Of its present run. */
  wasHealthy: boolean
  /** Null until it is told to stop. */
  stopping: { graceSeconds: number } | null
}

const newRecord: DockerRecord = {
  version: 1,
  restarts: 0,
  lastExit: null,
  wasHealthy: false,
  stopping: null,
}

export async function readRecord(folder: string, id: InstanceId): Promise<DockerRecord> {
  try {
    const found = JSON.parse(await readFile(fileOf(folder, id), 'utf8')) as DockerRecord
    return found.version === 1 ? found : newRecord
  } catch {
    return newRecord // It is gone, or was cut off.
  }
}

/** Replaces it in one step. */
export async function writeRecord(
  folder: string,
  id: InstanceId,
  record: DockerRecord,
): Promise<void> {
  const file = fileOf(folder, id)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

export const removeRecord = (folder: string, id: InstanceId): Promise<void> =>
  rm(fileOf(folder, id), { force: true })

const fileOf = (folder: string, id: InstanceId): string => join(folder, `${id}.json`)
