import type { BuildReason } from './build-reason.ts'
import type { ForeignNote } from './foreign-note.ts'

/**
 * What Naru itself has to say in a build's log: data, of which `words/<language>/build-log.ts` makes the sentence in the
 * language of whoever reads. Times are in seconds.
 */
export type BuildNote = { [C in keyof NoteFacts]: { is: C } & NoteFacts[C] }[keyof NoteFacts]

/** A line of a build's log: a note, or text, which is what a program wrote or what an older Naru said. */
export type BuildLine = string | BuildNote

export type NoteFacts = {
  begun: { build: number; app: string; commit: string }
  reason: { reason: BuildReason }
  foreign: { note: ForeignNote }
  'step-begun': StepTitle
  'step-done': StepTitle & Seconds
  'step-failed': StepTitle & Seconds & { exitCode: number | null }
  'step-killed': StepTitle & Seconds & { signal: string }
  'step-late': StepTitle & Seconds & { limitSeconds: number }
  'step-cancelled': StepTitle & Seconds
  'not-startable': { command: string }
  cached: { step: string } & Seconds
  pruned: { folders: number } & Seconds
  /** The only folder that is kept. */
  site: { folder: string }
  /** Slowest first. */
  slowest: { steps: ({ step: string } & Seconds)[] } & Seconds
  reused: None
  ready: Seconds
  /** So many lines that are no longer there. */
  'left-out': { lines: number }
}

/** `command` null: the step that unpacks the commit. */
type StepTitle = { step: string; command: string | null }
type Seconds = { seconds: number }
type None = Record<never, never>
