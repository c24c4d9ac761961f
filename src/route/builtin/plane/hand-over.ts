import { forgetProcess, recordProcess } from '../process-record.ts'
import type { StartReport } from '../protocol.ts'
import {
  type Supervised,
  type SupervisedStart,
  startSupervised,
  supervisorFile,
} from '../supervisor.ts'

export type Successor = Extract<StartReport, { listening: true }>

/**
 * Starts a newer router, with a supervisor of its own, on the listening socket of this one, and returns when it serves.
 * Rejects when it does not; then nothing of it is left, and `supervisor`, 0 for none, is the recorded one again.
 * `onStarted` is given what there is to kill until then.
 */
export async function startSuccessor(
  start: SupervisedStart,
  supervisor: number,
  onStarted: (successor: Supervised) => void,
): Promise<Successor> {
  const successor = startSupervised(start)
  onStarted(successor)
  const said = await successor.report
  if (said?.listening) return said
  const file = supervisorFile(start.folder)
  if (supervisor > 0) recordProcess(file, supervisor)
  else forgetProcess(file)
  throw new Error(said === null ? 'it did not come up; router.log may say why' : said.reason)
}
