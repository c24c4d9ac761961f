import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

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
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return isDead(pid, state) ? null : (fields[18] ?? 'running')
  } catch {
    // Where there is a /proc, what is not in it is not there.
    return hasProc() ? null : bySignal(pid)
  }
}

/** The first thread of a process may be a zombie while others still hold its files open. */
function isDead(pid: number, state: string | undefined): boolean {
  return (state === 'Z' || state === 'X') && readdirSync(`/proc/${pid}/task`).length <= 1
}

function hasProc(): boolean {
  try {
    readFileSync('/proc/self/stat')
    return true
  } catch {
    return false // Not Linux.
  }
}

function bySignal(pid: number): string | null {
  try {
    process.kill(pid, 0)
    return 'running'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'running' : null
  }
}
