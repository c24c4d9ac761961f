import { parse, TomlError } from 'smol-toml'

export type TomlTable = Record<string, unknown>

/** A TOML text as plain values; null where it is none. */
export function parseToml(text: string): TomlTable | null {
  try {
    return parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    if (error instanceof TomlError) return null
    throw error
  }
}

/** A table of a TOML file; an empty one for anything else. */
export const table = (value: unknown): TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as TomlTable) : {}

/** The tables in a list of a TOML file. */
export const tables = (value: unknown): TomlTable[] =>
  Array.isArray(value) ? value.map(table) : []

/** The texts in a list of a TOML file. */
export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []

/** A text of a TOML file; null for anything else. */
export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
