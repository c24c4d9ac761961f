import { buildNote } from './build-log.ts'
import { buildReason } from './build-reasons.ts'
import { commandLine } from './command-line.ts'
import { commands } from './commands.ts'
import { errors } from './errors.ts'
import { story } from './events.ts'
import { following } from './following.ts'
import { foreign } from './foreign.ts'
import { states } from './states.ts'
import { time } from './time.ts'

/** English: the language that the others are checked against. */
export const english = {
  language: 'en' as const,
  errors,
  story,
  states,
  time,
  following,
  foreign,
  buildNote,
  buildReason,
  commandLine,
  commands,
}
