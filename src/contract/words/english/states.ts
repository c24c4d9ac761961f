import { sayExit } from '../../../model/instance.ts'
import { releaseName as v } from '../../../model/release.ts'
import type { Status } from '../../../model/rollout.ts'

/** How a deployment's status ends a sentence that begins with its release, "v3 …". */
export function sayStatus(status: string): string {
  return statuses[status as Status] ?? status
}

/** "v2 is still serving", "nothing is serving". */
export const sayWhatServes = (serving: number | null, how?: 'still' | 'again'): string =>
  serving === null
    ? 'nothing is serving'
    : `${v(serving)} is ${how === 'still' ? 'still ' : ''}serving${how === 'again' ? ' again' : ''}`

/** The states that things are in, as one word of a table or the rest of a sentence. A state that nobody knows is said as it is. */
export const states = {
  sayStatus,
  sayWhatServes,
  /** One word for a column: of builds, deployments, releases, instances, jobs. */
  word: (state: string): string => state.replaceAll('_', ' '),
  neverStable: 'never stable',
  /** How a program ended. */
  exit: sayExit,
  /** Why a probe failed, or how something ended, as the engine says it. */
  reason: (text: string) => text,
}

const statuses: Record<Status, string> = {
  queued: 'is waiting for its turn',
  preparing: 'is being made ready',
  starting: 'is starting',
  shifting: 'is getting the traffic',
  paused: 'is paused',
  baking: 'is live and being watched',
  promoting: 'is becoming stable',
  aborting: 'is being taken back',
  restoring: 'is being taken back; what served before is starting again',
  blocked: 'is blocked: there is nothing to go back to',
  succeeded: 'became stable',
  rolled_back: 'was rolled back',
  failed: 'failed',
  superseded: 'was superseded',
  cancelled: 'was aborted',
}
