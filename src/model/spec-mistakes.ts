import { NaruError } from '../base/error.ts'
import type { SpecExpected, SpecFound, SpecMistake, SpecNoun } from '../base/spec-mistake.ts'
import type { SpecKey, SpecMapping } from './spec-definition.ts'
import { judgeKey, keysOf } from './spec-keys.ts'
import { foundIn, type Position, quote, type YamlNode } from './yaml-tree.ts'

/** One value with where it stands in the document, "services.web.replicas". */
export type Field = { node: YamlNode; path: string }

/** Collects every mistake of one file, so that a person corrects them all at once. */
export class SpecMistakes {
  readonly list: SpecMistake[] = []
  /** An alias can put one mapping in many places, and judging a key costs something. */
  readonly #judged = new Map<string, ReturnType<typeof judgeKey>>()

  /** Reports `field`; `found` is left out where the value itself may be shown. */
  wrong(
    field: Field,
    expected: SpecExpected,
    more: { found?: SpecFound; nearest?: string } = {},
  ): undefined {
    this.at(field.node, field.path, more.found ?? foundIn(field.node), expected, more.nearest)
  }

  at(
    { line, column }: Position,
    path: string,
    found: SpecFound,
    expected: SpecExpected,
    nearest?: string,
  ): void {
    this.list.push({
      line,
      column,
      path,
      found,
      expected,
      ...(nearest !== undefined && { nearest }),
    })
  }

  /**
   * The known keys of a mapping by name; every other key is reported. Nothing at all is an empty mapping;
   * undefined if it is no mapping.
   */
  keysOf<M extends SpecMapping>(
    field: Field,
    mapping: M,
    expected: SpecExpected,
  ): Partial<Record<SpecKey<M>, Field>> | undefined {
    const valid = keysOf(mapping)
    const known: Record<string, Field> = {}
    for (const { key, at, value } of this.entriesOf(field, expected) ?? []) {
      const path = within(field.path, key)
      if (valid.includes(key)) {
        known[key] = { node: value, path }
        continue
      }
      const { expected: instead, nearest } = this.#judge(mapping, key)
      this.at(at, path, { is: 'key', shown: quote(key) }, instead, nearest)
    }
    // Only keys of `keysOf(mapping)` were put in, which the type of an index by string cannot say.
    return isMappingOrNothing(field) ? (known as Partial<Record<SpecKey<M>, Field>>) : undefined
  }

  /** The entries of a mapping whose keys are names; none for nothing at all; undefined if it is no mapping. */
  entriesOf(field: Field, expected: SpecExpected) {
    if (field.node.kind === 'mapping') return field.node.entries
    if (field.node.kind === 'nothing') return []
    return this.wrong(field, expected)
  }

  /** The first entries of one of the many: what is above `most` is reported and left out. */
  firstOf<T>(field: Field, all: readonly T[], most: number, what: SpecNoun): readonly T[] {
    if (all.length <= most) return all
    this.wrong(
      field,
      { is: 'at-most', count: most },
      { found: { is: 'too-many', what, count: all.length } },
    )
    return all.slice(0, most)
  }

  #judge(mapping: SpecMapping, key: string): ReturnType<typeof judgeKey> {
    const known = this.#judged.get(`${mapping} ${key}`)
    const judged = known ?? judgeKey(mapping, key)
    if (!known) this.#judged.set(`${mapping} ${key}`, judged)
    return judged
  }

  /** Throws `spec.invalid` with all mistakes in the order of the file, if there are any. */
  throwIfAny(file: string): void {
    if (this.list.length === 0) return
    const mistakes = this.list
      .toSorted((a, b) => a.line - b.line || a.column - b.column)
      .slice(0, limitMistakes)
    const more = this.list.length - mistakes.length
    const last = mistakes.at(-1)
    if (more > 0 && last) {
      const { line, column } = last
      const found = { is: 'more-mistakes', count: more } as const
      mistakes.push({ line, column, path: '', found, expected: { is: 'corrected-first' } })
    }
    throw new NaruError('spec.invalid', { file, mistakes })
  }
}

/** What a person reads at once, and what an answer of the API carries, has an end. */
const limitMistakes = 50

/** The path of a key inside a path. */
export function within(path: string, key: string): string {
  const shown = /^[\w.-]{1,40}$/.test(key) ? key : quote(key)
  return path === '' ? shown : `${path}.${shown}`
}

const isMappingOrNothing = ({ node }: Field): boolean =>
  node.kind === 'mapping' || node.kind === 'nothing'
