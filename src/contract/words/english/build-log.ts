import { sayDuration } from '../../../base/duration.ts'
import type { BuildNote, NoteFacts } from '../../../model/build-note.ts'
import { buildReason } from './build-reasons.ts'
import { foreign } from './foreign.ts'

/** A line of a build's log that is Naru's own. */
export function buildNote(note: BuildNote): string {
  const say = notes[note.is] as ((note: BuildNote) => string) | undefined
  // Written by a newer Naru: better its data than nothing.
  return say === undefined ? JSON.stringify(note) : say(note)
}

type Title = { step: string; command: string | null }

const title = ({ step, command }: Title): string => `${step}  ${command ?? 'of the commit'}`

const notes: { [C in keyof NoteFacts]: (facts: NoteFacts[C]) => string } = {
  begun: ({ build, app, commit }) => `build ${build} of ${app}, commit ${commit}`,
  reason: ({ reason }) => `- ${buildReason(reason)}`,
  foreign: ({ note }) => `- ${foreign(note)}`,
  'step-begun': (step) => `${title(step)} …`,
  'step-done': ({ seconds, ...step }) => `${title(step)}  ${sayDuration(seconds)}`,
  'step-failed': ({ seconds, exitCode, ...step }) =>
    `${title(step)}  failed${exitCode === null ? '' : ` with exit code ${exitCode}`} after ${sayDuration(seconds)}`,
  'step-killed': ({ seconds, signal, ...step }) =>
    `${title(step)}  ended by ${signal} after ${sayDuration(seconds)}`,
  'step-late': ({ seconds, limitSeconds, ...step }) =>
    `${title(step)}  ended by the build's time limit of ${sayDuration(limitSeconds)} (build.timeout in naru.yaml), after ${sayDuration(seconds)}`,
  'step-cancelled': ({ seconds, ...step }) =>
    `${title(step)}  cancelled after ${sayDuration(seconds)}`,
  'not-startable': ({ command }) => `  ${command}: cannot be started`,
  cached: ({ step, seconds }) => `${step}  from cache  ${sayDuration(seconds)}`,
  pruned: ({ folders, seconds }) =>
    `prune  ${folders === 1 ? 'a folder' : `${folders} folders`} that only the build needs  ${sayDuration(seconds)}`,
  site: ({ folder }) => `site  ${folder}/ is all that is kept`,
  slowest: ({ steps, seconds }) =>
    `slowest  ${steps.map((one) => `${one.step} ${sayDuration(one.seconds)}`).join(', ')} of ${sayDuration(seconds)}`,
  reused: () => 'artifact  the same files were built before, nothing to do',
  ready: ({ seconds }) => `artifact  ready  ${sayDuration(seconds)}`,
  'left-out': ({ lines }) => `… ${lines} lines left out …`,
}
