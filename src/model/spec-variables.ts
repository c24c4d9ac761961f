import type { SpecExpected } from '../base/spec-mistake.ts'
import { isReserved, isVariable } from './name.ts'
import { type Field, type SpecMistakes, within } from './spec-mistakes.ts'
import { readText } from './spec-values.ts'
import { quote } from './yaml-tree.ts'

/** Variables with their values. `secrets` are names that cannot be settings at the same time. */
export function readSettings(
  field: Field | undefined,
  mistakes: SpecMistakes,
  secrets: readonly string[] = [],
): Record<string, string> {
  if (!field) return {}
  const entries = mistakes.entriesOf(field, { is: 'mapping', example: '{ LOG_LEVEL: info }' }) ?? []
  const settings: [string, string][] = []
  for (const { key, at, value } of mistakes.firstOf(field, entries, limitVariables, 'setting')) {
    const path = within(field.path, key)
    const found = { is: 'variable', shown: quote(key) } as const
    const refused = refuse(key)
    if (refused) mistakes.at(at, path, found, refused.expected, refused.nearest)
    if (secrets.includes(key)) mistakes.at(at, path, found, { is: 'not-a-secret' })
    const text = readText({ node: value, path }, { is: 'any-text' }, mistakes)
    if (text !== undefined) settings.push([key, text])
  }
  return Object.fromEntries(settings)
}

/** More than anybody has, and less than what a program can be started with. */
export const limitVariables = 1000

/** Names without values. `settings` are names that cannot be secrets at the same time. */
export function readSecrets(
  field: Field | undefined,
  settings: Readonly<Record<string, string>>,
  mistakes: SpecMistakes,
): string[] {
  if (!field || field.node.kind === 'nothing') return []
  if (field.node.kind !== 'list') {
    // Never cites what stands there: it may be the value.
    mistakes.wrong(field, { is: 'secret-names' }, { found: { is: 'hidden' } })
    return []
  }
  const names = new Set<string>()
  const items = mistakes.firstOf(field, field.node.items, limitVariables, 'secret')
  for (const [index, node] of items.entries()) {
    const item = { node, path: `${field.path}[${index}]` }
    const name = readSecret(item, mistakes)
    if (name === undefined) continue
    if (names.has(name)) mistakes.wrong(item, { is: 'once' })
    if (Object.hasOwn(settings, name)) mistakes.wrong(item, { is: 'not-a-setting' })
    names.add(name)
  }
  return [...names]
}

function readSecret(field: Field, mistakes: SpecMistakes): string | undefined {
  const { node } = field
  if (node.kind !== 'text') {
    return mistakes.wrong(field, { is: 'secret-name' }, { found: { is: 'hidden' } })
  }
  const refused = refuse(node.text)
  if (!refused) return node.text
  const found = isShortWord(node.text) ? {} : { found: { is: 'hidden-name' } as const }
  return mistakes.wrong(field, refused.expected, found)
}

/** Whether a refused name can be shown: upper case, dashes and underscores are no value. */
const isShortWord = (text: string): boolean => /^[A-Z_-]{1,40}$/.test(text)

/** Why a name cannot be a setting's or a secret's. */
function refuse(name: string): { expected: SpecExpected; nearest?: string } | undefined {
  if (isReserved(name)) return { expected: { is: 'not-naru-name' } }
  if (isVariable(name)) return undefined
  const nearest = name.replace(/[-. ]/g, '_')
  const expected = { is: 'variable-name' } as const
  return isVariable(nearest) && !isReserved(nearest) ? { expected, nearest } : { expected }
}
