import type { Problem } from '../../base/error.ts'
import type { EventData, EventKind, NaruEvent } from '../../model/event.ts'
import type { english } from './english/english.ts'
import { type Said, sayProblemIn } from './said.ts'

/** The languages that there is a catalogue of. */
export type Language = 'en' | 'ko'

/** Every sentence of one language, by topic. English is the measure: a key that misses elsewhere is a type error. */
export type Words = { language: Language } & Sentences<Omit<typeof english, 'language'>>

export function sayProblem(words: Words, problem: Problem): Said {
  return sayProblemIn(words.errors, problem)
}

export function sayEvent(words: Words, event: NaruEvent): string | null {
  const say = words.story[event.kind] as (data: EventData[EventKind], app: string) => string | null
  return say(event.data, event.app ?? 'naru')
}

/** The same keys and arguments with any sentence in the place of the English one. */
type Sentences<T> = T extends (...facts: infer Facts) => infer Sentence
  ? (...facts: Facts) => Sentences<Sentence>
  : T extends string
    ? string
    : T extends object
      ? { [K in keyof T]: Sentences<T[K]> }
      : T
