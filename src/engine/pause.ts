import { setTimeout as wait } from 'node:timers/promises'

/** Waits, and says whether the signal has not fired. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal })
    return true
  } catch {
    return false // The only way for this wait to fail.
  }
}
