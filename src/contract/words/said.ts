import type { ErrorCode, Facts, Problem } from '../../base/error.ts'
import type { EventData, EventKind } from '../../model/event.ts'

/** A failure in words: what happened and the state things are in, then the next thing to type. */
export type Said = { message: string; hint?: string }

/** What a look at the machine found, and what to do about it where there is something to do. */
export type SaidFinding = { what: string; toDo?: string }

/** A sentence and a hint for every code there is. */
export type ErrorWords = { [C in ErrorCode]: (facts: Facts[C]) => Said }

/** One line a story; null for what is not worth a line. */
export type StoryWords = { [K in EventKind]: (data: EventData[K], app: string) => string | null }

/** The problem in the words of one language's errors; for use inside that language, elsewhere `sayProblem`. */
export function sayProblemIn(errors: ErrorWords, problem: Problem): Said {
  const say = errors[problem.code] as (facts: Facts[ErrorCode]) => Said
  return say(problem.facts)
}
