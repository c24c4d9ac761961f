import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identityOf } from '../../base/process-end.ts'
import { bootId } from '../../base/processes.ts'

/** Writes down which process it is, so that no other of its number is ever taken for it, nor after a boot. Throws the system's error. */
export function recordProcess(file: string, pid: number): void {
  const record = { pid, startTime: identityOf(pid), boot: bootId() }
  const aside = `${file}.new`
  writeFileSync(aside, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(aside, file)
}

export const forgetProcess = (file: string): void => rmSync(file, { force: true })

/** Process id of the recorded process; null if it is gone, or if nothing readable is recorded. */
export function recordedProcess(file: string): number | null {
  try {
    const { pid, startTime, boot } = JSON.parse(readFileSync(file, 'utf8')) as {
      pid?: number
      startTime?: string | null
      boot?: string
    }
    // Never the first process of all, whatever the file says: it is nobody's router.
    if (pid === undefined || pid <= 1 || startTime == null || boot !== bootId()) return null
    return identityOf(pid) === startTime ? pid : null
  } catch {
    return null // Never written, or cut off in the middle: nobody to speak of.
  }
}
