import { parse, TomlError } from 'smol-toml'
import { readYaml, type YamlNode } from './yaml-tree.ts'

/** A value of another tool's file: what is read of YAML, JSON and TOML alike. */
export type ForeignValue = {
  /** Where its key stands, or it itself in a list. */
  line: number
  text?: string
  items?: ForeignValue[]
  keys?: Map<string, ForeignValue>
}

/** The file's keys, or the line at which it cannot be read; a text without any key has none. */
export type ForeignTree = { root: ForeignValue } | { unreadableAtLine: number }

/** YAML, and JSON as far as it is YAML. Merge keys (`<<`) are written out. */
export function readForeignYaml(text: string): ForeignTree {
  const mistakes: { line: number }[] = []
  const tree = readYaml(text, mistakes as Parameters<typeof readYaml>[1])
  if (!tree) return { unreadableAtLine: mistakes[0]?.line ?? 1 }
  return { root: fromYaml(tree, tree.line) }
}

function fromYaml(node: YamlNode, line: number): ForeignValue {
  if (node.kind === 'text') return { line, text: node.text }
  if (node.kind === 'list') {
    return { line, items: node.items.map((item) => fromYaml(item, item.line)) }
  }
  const keys = new Map<string, ForeignValue>()
  for (const { key, at, value } of node.kind === 'mapping' ? node.entries : []) {
    if (key !== '<<') keys.set(key, fromYaml(value, at.line))
  }
  for (const { key, value } of node.kind === 'mapping' ? node.entries : []) {
    if (key !== '<<') continue
    for (const from of value.kind === 'list' ? value.items : [value]) {
      for (const [name, inherited] of fromYaml(from, from.line).keys ?? []) {
        if (!keys.has(name)) keys.set(name, inherited)
      }
    }
  }
  return node.kind === 'nothing' ? { line } : { line, keys }
}

/** TOML; lines are those of the first mention of a key, which the library does not tell. */
export function readForeignToml(text: string): ForeignTree {
  if (Buffer.byteLength(text) > limitBytes) return { unreadableAtLine: 1 }
  try {
    return { root: fromToml(parse(text), [], linesOfKeys(text), 1) }
  } catch (error) {
    if (error instanceof TomlError) return { unreadableAtLine: error.line }
    // Nesting without end ends the library's recursion.
    if (error instanceof RangeError) return { unreadableAtLine: 1 }
    throw error
  }
}

/** As much as there may be of a naru.yaml. */
const limitBytes = 256 * 1024

function fromToml(
  value: unknown,
  path: readonly string[],
  lines: ReadonlyMap<string, number>,
  above: number,
): ForeignValue {
  const line = lines.get(path.join('\0')) ?? above
  if (Array.isArray(value)) {
    return { line, items: value.map((item) => fromToml(item, path, lines, line)) }
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) {
    return { line, text: String(value) }
  }
  const keys = Object.entries(value).map(([key, inside]): [string, ForeignValue] => [
    key,
    fromToml(inside, [...path, key], lines, line),
  ])
  return { line, keys: new Map(keys) }
}

function linesOfKeys(text: string): Map<string, number> {
  const lines = new Map<string, number>()
  let table: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\[?([^\]]+)\]/.exec(line)?.[1]
    const key =
      header === undefined ? /^\s*([\w"'-]+(?:\s*\.\s*[\w"'-]+)*)\s*=/.exec(line)?.[1] : ''
    if (header !== undefined) table = segments(header)
    if (key === undefined) continue
    const path = key === '' ? table : [...table, ...segments(key)]
    for (let depth = 1; depth <= path.length; depth++) {
      const name = path.slice(0, depth).join('\0')
      if (!lines.has(name)) lines.set(name, index + 1)
    }
  }
  return lines
}

const segments = (dotted: string): string[] =>
  dotted.split('.').map((segment) => segment.trim().replace(/^(["'])(.*)\1$/, '$2'))
