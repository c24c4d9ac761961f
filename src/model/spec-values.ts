import { parseDuration } from '../base/duration.ts'
import { parseBytes, sayBytes } from '../base/size.ts'
import type { SpecExpected } from '../base/spec-mistake.ts'
import { isLabel } from './name.ts'
import type { Command } from './spec.ts'
import { nearestKey } from './spec-keys.ts'
import type { Field, SpecMistakes } from './spec-mistakes.ts'
import { quote } from './yaml-tree.ts'

/** The text of one value as it was written, so that `1.10` stays `1.10`; undefined after it was reported. */
export function readText(
  field: Field,
  expected: SpecExpected,
  mistakes: SpecMistakes,
): string | undefined {
  if (field.node.kind !== 'text') return mistakes.wrong(field, expected)
  const { text } = field.node
  if (unprintable.test(text)) {
    return mistakes.wrong(field, { is: 'printable-text' }, { found: { is: 'unprintable-text' } })
  }
  if (Buffer.byteLength(text) > limitBytes) {
    const found = { is: 'long-text' } as const
    return mistakes.wrong(field, { is: 'short-text', limit: '64 KiB' }, { found })
  }
  return text
}

/** Linux takes no argument or variable above 128 KiB; a NUL ends one early. */
const limitBytes = 64 * 1024
const unprintable = /(?![\t\n\r])[\p{Cc}\p{Surrogate}]/u

export function readLabel(field: Field, mistakes: SpecMistakes): string | undefined {
  const text = readText(field, { is: 'label' }, mistakes)
  if (text === undefined || isLabel(text)) return text
  return mistakes.wrong(field, { is: 'label' }, nearestLabel(text))
}

/** The label that a name with capitals, underscores or dots was meant to be. */
export function nearestLabel(text: string): { nearest?: string } {
  const label = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+|-+$/g, '')
  return text.length <= 40 && isLabel(label) ? { nearest: label } : {}
}

export function readCommand(field: Field, mistakes: SpecMistakes): Command | undefined {
  const expected = { is: 'command' } as const
  if (field.node.kind !== 'list') {
    const text = readText(field, expected, mistakes)
    return text === undefined || text.trim() !== '' ? text : mistakes.wrong(field, expected)
  }
  const before = mistakes.list.length
  const words = mistakes.firstOf(field, field.node.items, limitWords, 'word').map((node, index) => {
    const item = { node, path: `${field.path}[${index}]` }
    const text = readText(item, { is: 'text' }, mistakes)
    return text === '' ? mistakes.wrong(item, { is: 'text' }) : text
  })
  const [program, ...rest] = words.filter((word) => word !== undefined)
  if (mistakes.list.length > before) return undefined
  if (program === undefined) return mistakes.wrong(field, expected, { found: { is: 'empty-list' } })
  return [program, ...rest]
}

const limitWords = 1000

export function readWholeNumber(
  field: Field,
  { least, most }: { least: number; most: number },
  mistakes: SpecMistakes,
): number | undefined {
  const expected = { is: 'whole-number', least, most } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const count = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return count >= least && count <= most ? count : mistakes.wrong(field, expected)
}

/** With a fraction, if it has one. */
export function readNumber(
  field: Field,
  { least, most }: { least: number; most: number },
  mistakes: SpecMistakes,
): number | undefined {
  const expected = { is: 'number', least, most } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const number = /^\d{1,5}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  return number >= least && number <= most ? number : mistakes.wrong(field, expected)
}

export function readReplicas(
  field: Field,
  bounds: { least: number; most: number },
  mistakes: SpecMistakes,
): number | undefined {
  if (field.node.kind === 'mapping' && field.node.entries.length > 0) {
    mistakes.keysOf(field, 'replicas', { is: 'whole-number', ...bounds })
    return undefined
  }
  return readWholeNumber(field, bounds, mistakes)
}

/** Seconds between two bounds; a bare `0` needs no unit. */
export function readDuration(
  field: Field,
  { least, most }: { least: number; most: number },
  mistakes: SpecMistakes,
): number | undefined {
  const expected = { is: 'duration' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const seconds = text === '0' ? 0 : parseDuration(text)
  if (seconds === undefined) {
    const close = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?/i.exec(text)
    const nearest = close ? `${close[1]}${close[2]?.toLowerCase() ?? 's'}` : undefined
    return mistakes.wrong(field, expected, nearest === undefined ? {} : { nearest })
  }
  if (seconds < least) {
    return mistakes.wrong(field, { is: 'at-least-duration', bound: sayBound(least) })
  }
  if (seconds > most) {
    return mistakes.wrong(field, { is: 'at-most-duration', bound: sayBound(most) })
  }
  return seconds
}

/** Bytes up to a bound, in steps of 1024; a bare `0` needs no unit. */
export function readSize(
  field: Field,
  { most }: { most: number },
  mistakes: SpecMistakes,
): number | undefined {
  const expected = { is: 'size' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const bytes = text === '0' ? 0 : parseBytes(text)
  if (bytes === undefined) {
    const close = /^(\d+(?:\.\d+)?) ?([kmgt])i?b?$/i.exec(text)
    const nearest = close ? `${close[1]}${close[2]?.toUpperCase()}B` : undefined
    return mistakes.wrong(field, expected, nearest === undefined ? {} : { nearest })
  }
  if (bytes > most) return mistakes.wrong(field, { is: 'at-most-size', limit: sayBytes(most) })
  return bytes
}

function sayBound(seconds: number): string {
  if (seconds < 1) return `${seconds * 1000}ms`
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`
}

/**
 * One of a few words. A word of a later version, or a mapping where later versions take one, is refused as
 * that; `alike` turns another way of writing it into the word.
 */
export function readChoice<C extends string>(
  field: Field,
  { of, later = [] }: { of: readonly C[]; later?: readonly string[] },
  mistakes: SpecMistakes,
  alike: (text: string) => string = (text) => text,
): C | undefined {
  const { node, path } = field
  if (later.length > 0 && node.kind === 'mapping' && node.entries.length > 0) {
    for (const { key, at } of node.entries) {
      mistakes.at(at, path, { is: 'key', shown: quote(key) }, { is: 'later' })
    }
    return undefined
  }
  const expected = { is: 'one-of', names: of } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const choice = of.find((each) => each === text)
  if (choice !== undefined) return choice
  if (later.includes(text)) return mistakes.wrong(field, { is: 'later' })
  const nearest = of.find((each) => each === alike(text)) ?? nearestKey(text, of)
  return mistakes.wrong(field, expected, nearest === undefined ? {} : { nearest })
}

/** True and false as YAML writes them. */
export function readFlag(field: Field, mistakes: SpecMistakes): boolean | undefined {
  if (field.node.kind === 'text' && /^(?:True|TRUE|False|FALSE)$/.test(field.node.text)) {
    return field.node.text.toLowerCase() === 'true'
  }
  const choice = readChoice(field, { of: ['true', 'false'] as const }, mistakes)
  return choice === undefined ? undefined : choice === 'true'
}
