import type { ErrorCode, Facts, Problem } from '../../base/error.ts'
import type { EventData, EventKind, NaruEvent } from '../../model/event.ts'

/** A failure in words: what happened and the state things are in, then the next thing to type. */
export type Said = { message: string; hint?: string }

/** Every sentence of one language. A missing key is a type error. */
export type Words = {
  errors: { [C in ErrorCode]: (facts: Facts[C]) => Said }
  /** One line a story; null for what is not worth a line. */
  story: { [K in EventKind]: (data: EventData[K], app: string) => string | null }
}

export function sayProblem(words: Words, problem: Problem): Said {
  const say = words.errors[problem.code] as (facts: Facts[ErrorCode]) => Said
  return say(problem.facts)
}

export function sayEvent(words: Words, event: NaruEvent): string | null {
  const say = words.story[event.kind] as (data: EventData[EventKind], app: string) => string | null
  return say(event.data, event.app ?? 'naru')
}
