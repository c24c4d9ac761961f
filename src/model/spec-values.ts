import { domainToASCII } from 'node:url'
import { parseDuration } from '../base/duration.ts'
import { isLabel, isVariable } from './name.ts'
import type { Command, StopSignal } from './spec.ts'
import { nearestKey, notInThisVersion, oneOf } from './spec-keys.ts'
import type { Field, SpecMistakes } from './spec-mistakes.ts'
import { sayNode } from './yaml-tree.ts'

/** The text of one value as it was written, so that `1.10` stays `1.10`; undefined after it was reported. */
export function readText(
  field: Field,
  expected: string,
  mistakes: SpecMistakes,
): string | undefined {
  if (field.node.kind !== 'text') return mistakes.wrong(field, expected)
  const { text } = field.node
  if (unprintable.test(text)) {
    return mistakes.wrong(field, 'printable text', {
      found: 'a character that no program can be given',
    })
  }
  if (Buffer.byteLength(text) > limitBytes) {
    return mistakes.wrong(field, 'at most 64 KiB', { found: 'a longer text' })
  }
  return text
}

/** Linux takes no argument or variable above 128 KiB; a NUL ends one early. */
const limitBytes = 64 * 1024
const unprintable = /(?![\t\n\r])[\p{Cc}\p{Surrogate}]/u

export function readLabel(field: Field, what: string, mistakes: SpecMistakes): string | undefined {
  const expected = `${what}: lower-case letters, digits and dashes, a letter first, at most 40`
  const text = readText(field, expected, mistakes)
  if (text === undefined || isLabel(text)) return text
  return mistakes.wrong(field, expected, nearestLabel(text))
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
  const expected = 'a command: a text, or a list of a program and its arguments'
  if (field.node.kind !== 'list') {
    const text = readText(field, expected, mistakes)
    return text === undefined || text.trim() !== '' ? text : mistakes.wrong(field, expected)
  }
  const before = mistakes.list.length
  const words = field.node.items.map((node, index) => {
    const item = { node, path: `${field.path}[${index}]` }
    const text = readText(item, 'a text that is not empty', mistakes)
    return text === '' ? mistakes.wrong(item, 'a text that is not empty') : text
  })
  const [program, ...rest] = words.filter((word) => word !== undefined)
  if (mistakes.list.length > before) return undefined
  if (program === undefined) return mistakes.wrong(field, expected, { found: 'an empty list' })
  return [program, ...rest]
}

export function readReplicas(field: Field, mistakes: SpecMistakes): number | undefined {
  if (field.node.kind === 'mapping') {
    mistakes.keysOf(field, 'replicas', '')
    if (field.node.entries.length > 0) return undefined
  }
  const expected = 'a whole number from 0 to 50'
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const count = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return count <= 50 ? count : mistakes.wrong(field, expected)
}

/** Seconds between two bounds; a bare `0` needs no unit. */
export function readDuration(
  field: Field,
  { least, most }: { least: number; most: number },
  mistakes: SpecMistakes,
): number | undefined {
  const expected = 'a duration with its unit, such as 30s, 500ms or 2m'
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  const seconds = text === '0' ? 0 : parseDuration(text)
  if (seconds === undefined) {
    const close = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?/i.exec(text)
    const nearest = close ? `${close[1]}${close[2]?.toLowerCase() ?? 's'}` : undefined
    return mistakes.wrong(field, expected, nearest === undefined ? {} : { nearest })
  }
  if (seconds < least) return mistakes.wrong(field, `at least ${sayBound(least)}`)
  if (seconds > most) return mistakes.wrong(field, `at most ${sayBound(most)}`)
  return seconds
}

function sayBound(seconds: number): string {
  if (seconds < 1) return `${seconds * 1000}ms`
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`
}

const signals: readonly StopSignal[] = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
]

export function readSignal(field: Field, mistakes: SpecMistakes): StopSignal | undefined {
  return readChoice(field, signals, (text) => `SIG${text.toUpperCase()}`, mistakes)
}

export function readOverlap(field: Field, mistakes: SpecMistakes): 'allowed' | 'none' | undefined {
  return readChoice(field, ['allowed', 'none'] as const, (text) => text, mistakes)
}

function readChoice<C extends string>(
  field: Field,
  choices: readonly C[],
  other: (text: string) => string,
  mistakes: SpecMistakes,
): C | undefined {
  const text = readText(field, oneOf(choices), mistakes)
  if (text === undefined) return undefined
  const choice = choices.find((each) => each === text)
  if (choice !== undefined) return choice
  const nearest = choices.find((each) => each === other(text)) ?? nearestKey(text, choices)
  return mistakes.wrong(field, oneOf(choices), nearest === undefined ? {} : { nearest })
}

/** The path that a health check asks: on the wire as it is, so only what HTTP allows there. */
export function readHealthPath(field: Field, mistakes: SpecMistakes): string | undefined {
  return readPath(field, /^\/[!-~]*$/, 'a path that begins with /', mistakes)
}

/** A route's path without the slash at its end, since it is matched by whole segments. */
export function readRoutePath(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = 'a path that begins with /, without ?, #, // or a .. segment'
  const path = readPath(
    field,
    /^(?!.*\/\/)(?!.*\/\.{1,2}(?:\/|$))\/[!-"$->@-~]*$/,
    expected,
    mistakes,
  )
  return path === undefined || path === '/' ? path : path.replace(/\/$/, '')
}

function readPath(
  field: Field,
  pattern: RegExp,
  expected: string,
  mistakes: SpecMistakes,
): string | undefined {
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  if (text.length > 1024) return mistakes.wrong(field, 'at most 1,024 characters')
  if (pattern.test(text)) return text
  const close = [`/${text}`, /\p{Cc}/u.test(text) ? text : encodeURI(text)].find((each) =>
    pattern.test(each),
  )
  return mistakes.wrong(field, expected, close === undefined ? {} : { nearest: close })
}

/** A host in lower case and in the form it has on the wire ("xn--…"). */
export function readHost(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = 'a host name without scheme, port or path, such as shop.example.com'
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  if (text.startsWith('*.')) {
    return mistakes.wrong(field, notInThisVersion, { found: `the wildcard ${sayNode(field.node)}` })
  }
  const host = onTheWire(text)
  if (isHost(host)) return host
  const close = onTheWire(
    text
      .replace(/^[a-z]+:\/\//i, '')
      .replace(/[:/?#].*$/s, '')
      .replace(/\.$/, ''),
  )
  return mistakes.wrong(field, expected, close !== text && isHost(close) ? { nearest: close } : {})
}

/** Only letters are translated: the function would drop a line end, and read `0x7f.1` as an address. */
const onTheWire = (text: string): string =>
  /^[\p{L}\p{M}\p{N}.-]*$/u.test(text) && /[^!-~]/.test(text)
    ? domainToASCII(text)
    : text.toLowerCase()

const isHost = (text: string): boolean =>
  text.length <= 253 &&
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(text)

/** Whether Naru itself sets a variable of that name for every instance, so that nobody else can. */
export const isReservedVariable = (name: string): boolean =>
  reserved.has(name) || name.startsWith('NARU_') || name === '__proto__'

const reserved: ReadonlySet<string> = new Set(['PORT', 'HOST', 'PATH', 'HOME', 'TMPDIR'])

/** Why a name cannot be a setting's or a secret's; undefined if it can. */
export function refuseVariable(name: string): { expected: string; nearest?: string } | undefined {
  if (isReservedVariable(name)) return { expected: 'another name: Naru sets this one itself' }
  if (isVariable(name)) return undefined
  const nearest = name.replace(/[-. ]/g, '_')
  const expected = 'a name of letters, digits and underscores, no digit first, at most 128'
  return isVariable(nearest) && !isReservedVariable(nearest) ? { expected, nearest } : { expected }
}
