import type { Log } from '../../base/log.ts'
import { pause } from '../pause.ts'
import type { ProcessGroup } from './group.ts'

export type Ending = {
  instance: string
  /** When to kill what is left, by `performance.now()`; asked again and again. `leave`: not at all, somebody else ends it. */
  killAtMs(): number | 'leave'
  /** Fires when this server lets go of everything: then this rejects. */
  closing: AbortSignal
  log: Log
}

/** Waits until nothing is left of a group, and kills it when its time is over. */
export async function untilEmpty(
  group: ProcessGroup,
  { instance, killAtMs, closing, log }: Ending,
): Promise<void> {
  let kills = 0
  for (let at = killAtMs(); at !== 'leave' && !group.isEmpty(); at = killAtMs()) {
    if (performance.now() >= at) {
      group.signal('SIGKILL')
      kills += 1
      if (kills === 100) log.warn('killed processes do not end', { instance })
    }
    // The leader is quickly looked up; without it, every process of the machine is looked at.
    if (await pause(group.leaderLives() ? 20 : 50, closing)) continue
    throw new Error('the engine was closed')
  }
}
