import { setTimeout as timePasses } from 'node:timers/promises'

/** Between two tries of something that failed: there is no event to wait for. Ends early, and well, when the signal comes. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await timePasses(ms, undefined, { signal, ref: false })
  } catch {
    // Closed meanwhile: whoever waits looks at the signal next.
  }
}
