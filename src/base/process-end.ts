import { setTimeout as delay } from 'node:timers/promises'
import { livingProcess } from './processes.ts'

/**
 * Waits until a process that is no child of ours has ended, files closed and all, for which the system gives no
 * event; false if it has not in time.
 */
export async function waitForEnd(pid: number, limitMs: number): Promise<boolean> {
  const identity = identityOf(pid)
  const deadline = performance.now() + limitMs
  while (identity !== null && identityOf(pid) === identity) {
    if (performance.now() > deadline) return false
    await delay(25)
  }
  return true
}

/** When the process started, so that another one of the same number is not taken for it; null when it is dead or a zombie. */
export function identityOf(pid: number): string | null {
  const entry = livingProcess(pid)
  return entry && String(entry.startTime)
}
