import type { BuildLine, BuildNote } from '../model/build-note.ts'
import { printable } from './log-text.ts'

/**
 * What a line of a log begins with that is a note, as JSON. No program can write one: what a program writes is stripped
 * of control characters.
 */
const mark = '\u001e'

/** The note as a line of the log, safe to print whatever names and commands it holds. */
export function noteLine(note: BuildNote): string {
  const safe = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? printable(value) : value
  return `${mark}${JSON.stringify(note, safe)}`
}

/** A line of the log as it was meant; one that a crash cut short is text. */
export function lineOf(line: string): BuildLine {
  if (!line.startsWith(mark)) return line
  const text = line.slice(mark.length)
  try {
    const note: unknown = JSON.parse(text)
    // Only `noteLine` has written it.
    return typeof note === 'object' && note !== null && 'is' in note ? (note as BuildNote) : text
  } catch {
    return text // Cut short by a crash: what is left of it is better than nothing.
  }
}
