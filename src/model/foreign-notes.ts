import type { ForeignGiven, ForeignMeaning, ForeignNote } from './foreign-note.ts'
import type { ForeignValue } from './foreign-tree.ts'
import { isLabel, isVariable } from './name.ts'
import { nearestLabel } from './spec-values.ts'

/** Collects what is said about one file. */
export class ForeignNotes {
  readonly list: ForeignNote[] = []

  constructor(readonly file: string) {}

  note(path: string, { line }: { line: number }, means: ForeignMeaning | null): void {
    this.list.push({ file: this.file, line, key: path, means })
  }

  given(path: string, value: ForeignValue, what: ForeignGiven): void {
    this.note(path, value, { is: 'given', what })
  }

  write(path: string, value: ForeignValue, write: string): void {
    this.note(path, value, { is: 'write', write })
  }

  /** Names that have values there, in whichever of the two forms. Never says a value. */
  variables(path: string, value: ForeignValue): void {
    const listed = value.items?.map(({ text = '' }) => text.split('=', 1)[0] ?? '') ?? []
    const names = [...(value.keys?.keys() ?? []), ...listed].filter(isVariable)
    this.note(path, value, names.length > 0 ? { is: 'variables', names } : null)
  }
}

/** A command as one value in a line of YAML; "…" for none, for a long one, and for one that seems to hold a secret. */
export function shownCommand(value: ForeignValue | undefined): string {
  const words = value?.items?.map(({ text = '' }) => text)
  const all = words?.join(' ') ?? value?.text ?? ''
  if (all.trim() === '' || all.length > 200 || secretive.test(all)) return '"…"'
  return words ? `[${words.map(shownText).join(', ')}]` : shownText(all)
}

const secretive = /passw|secret|token|credential|api.?key|:\/\/[^/\s]*:[^/\s]*@/i

/** A text as it can stand in a line of YAML inside brackets: in quotes where it must. */
export function shownText(text: string): string {
  const plain =
    /^[A-Za-z/._$][\w./@=+$ -]*$/.test(text) && !/^(?:true|false|null|yes|no)$/i.test(text)
  if (plain && !text.endsWith(' ')) return text
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    // What would be invisible; above U+FFFF in two halves, as JSON has it.
    Array.from({ length: character.length }, (_, at) => {
      return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
    }).join(''),
  )
}

/** A name of theirs as one of ours; a placeholder where there is none. */
export function shownLabel(name: string): string {
  return isLabel(name) ? name : (nearestLabel(name).nearest ?? 'name')
}

/** A whole number that Naru takes as one of instances; undefined otherwise. */
export function replicasIn(value: ForeignValue | undefined): string | undefined {
  const text = value?.text ?? ''
  return /^\d{1,2}$/.test(text) && Number(text) <= 50 ? String(Number(text)) : undefined
}

/** A duration that both write alike. */
export function durationIn(value: ForeignValue | undefined): string | undefined {
  const text = value?.text ?? ''
  if (/^\d+$/.test(text)) return `${text}s`
  return /^\d+(?:\.\d+)?(?:ms|s|m|h)$/.test(text) ? text : undefined
}
