import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type ParsedNode,
  Parser,
  type YAMLError,
} from 'yaml'
import {
  type SpecExpected,
  type SpecFound,
  type SpecMistake,
  type YamlComplaint,
  yamlComplaints,
} from '../base/spec-mistake.ts'

/** One value of a YAML document and where it stands. Scalars stay as they were written. */
export type YamlNode = Position &
  (
    | { kind: 'mapping'; entries: YamlEntry[] }
    | { kind: 'list'; items: YamlNode[] }
    /** `quoted` is true unless it was written plain: only a plain `5` is a number. */
    | { kind: 'text'; text: string; quoted: boolean }
    | { kind: 'nothing' }
  )

export type YamlEntry = { key: string; at: Position; value: YamlNode }

/** Both count from 1. */
export type Position = { line: number; column: number }

const limitKiB = 256
/** With every alias written out; without one no file of the allowed size gets there. */
const limitWritten = 4 * limitKiB * 1024
/** Deeper than anything a spec says; the parser's recursion would break the process far below a hostile depth. */
const limitDepth = 24

/** The document as a tree without types; undefined after it added to `mistakes` why it is none. */
export function readYaml(text: string, mistakes: SpecMistake[]): YamlNode | undefined {
  const before = mistakes.length
  const wrong: Wrong = (at, found, expected) => mistakes.push({ ...at, path: '', found, expected })
  if (Buffer.byteLength(text) > limitKiB * 1024) {
    wrong(start, { is: 'big-file', limitKiB }, { is: 'smaller-file' })
    return undefined
  }
  const source = text.replace(/^\uFEFF/, '')
  refuseUnprintable(source, wrong)
  if (mistakes.length > before) return undefined

  const tokens = [...new Parser().parse(source)]
  const lineStarts = startsOfLines(source)
  const placeOf = (offset: number): Position => {
    const inside = Math.max(0, Math.min(offset, source.length))
    const line = lastAtMost(lineStarts, inside)
    return { line: line + 1, column: inside - (lineStarts[line] ?? 0) + 1 }
  }
  const deep = tooDeep(tokens)
  if (deep !== undefined) {
    wrong(placeOf(deep), { is: 'deep', levels: limitDepth }, { is: 'fewer' })
    return undefined
  }
  const [document, second] = compose(tokens)
  for (const error of document?.errors.slice(0, 20) ?? []) {
    const complaint = { is: 'yaml', ...syntax(error, source) } as const
    wrong(placeOf(error.pos[0]), complaint, complaint)
  }
  if (second) {
    wrong(placeOf(second.range[0]), { is: 'second-document' }, { is: 'one-document' })
  }
  if (mistakes.length > before) return undefined
  const tree = document?.contents ? plant(document.contents, placeOf, wrong) : nothing(start)
  if (written(tree) > limitWritten) {
    wrong(start, { is: 'big-written-out', limitKiB: limitWritten / 1024 }, { is: 'smaller-file' })
  }
  return mistakes.length > before ? undefined : tree
}

const start: Position = { line: 1, column: 1 }

const nothing = (at: Position): YamlNode => ({ ...at, kind: 'nothing' })

/** Our own count: the library's loses its way where a block scalar is refused. */
function startsOfLines(source: string): number[] {
  const starts = [0]
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) {
    starts.push(at + 1)
  }
  return starts
}

/** The index of the last of the ascending numbers that is not above `limit`. */
function lastAtMost(ascending: readonly number[], limit: number): number {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((ascending[middle] ?? 0) <= limit) low = middle
    else high = middle - 1
  }
  return low
}

type Wrong = (at: Position, found: SpecFound, expected: SpecExpected) => void

/** How long the document is with every alias written out, so that reading it takes no longer than it looks. */
function written(root: YamlNode): number {
  const lengths = new Map<YamlNode, number>()
  const lengthOf = (node: YamlNode): number => {
    const known = lengths.get(node)
    if (known !== undefined) return known
    let length = 1
    if (node.kind === 'text') length += node.text.length
    if (node.kind === 'list') for (const item of node.items) length += lengthOf(item)
    if (node.kind === 'mapping') {
      for (const { key, value } of node.entries) length += key.length + lengthOf(value)
    }
    lengths.set(node, length)
    return length
  }
  return lengthOf(root)
}

/** What would be invisible in a message, a log or a terminal, and what no program can be given. */
function refuseUnprintable(source: string, wrong: Wrong): void {
  let count = 0
  source.split('\n').forEach((line, index) => {
    const match = unprintable.exec(line)
    if (!match || ++count > 10) return
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    const found: SpecFound =
      match[0] === '\uFFFD' ? { is: 'not-utf8' } : { is: 'character', code: `U+${code}` }
    wrong({ line: index + 1, column: match.index + 1 }, found, { is: 'utf8' })
  })
}

const unprintable = /(?![\t\r])[\p{Cc}\p{Surrogate}\uFEFF\uFFFD]/u

/** The offset of the first token that is nested too deeply, without recursion. */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const left: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, depth } = next
    if (depth > limitDepth) return token.offset
    const children: (CST.Token | null | undefined)[] = []
    if (token.type === 'document') children.push(token.value)
    if ('items' in token) {
      for (const item of token.items) children.push('key' in item ? item.key : null, item.value)
    }
    for (const child of children) if (child) left.push({ token: child, depth: depth + 1 })
  }
  return undefined
}

function compose(tokens: readonly CST.Token[]): Document.Parsed<ParsedNode>[] {
  // Types are ours to decide (failsafe), and so are duplicate keys: the library's check is quadratic.
  const composer = new Composer<ParsedNode>({
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const documents: Document.Parsed<ParsedNode>[] = []
  for (const document of composer.compose(tokens)) {
    documents.push(document)
    if (documents.length === 2) break
  }
  return documents
}

/** Copies the library's nodes into ours; an alias becomes the very node it names, so nothing can grow. */
function plant(root: unknown, placeOf: (offset: number) => Position, wrong: Wrong): YamlNode {
  const anchors = new Map<string, YamlNode>()
  const grow = (node: unknown, above: Position): YamlNode => {
    const at = hasRange(node) ? placeOf(node.range[0]) : above
    if (isAlias(node)) {
      const named = anchors.get(node.source)
      if (!named) {
        wrong(at, { is: 'named-alias', shown: quote(node.source) }, { is: 'anchor-before' })
      }
      return named ?? nothing(at)
    }
    if (hasTag(node)) wrong(at, { is: 'tag', shown: quote(node.tag) }, { is: 'no-tags' })
    const grown = growInside(node, at)
    if (hasAnchor(node)) anchors.set(node.anchor, grown)
    return grown
  }
  const growInside = (node: unknown, at: Position): YamlNode => {
    if (isMap(node)) return { ...at, kind: 'mapping', entries: entriesOf(node.items, at) }
    if (isSeq(node)) return { ...at, kind: 'list', items: node.items.map((item) => grow(item, at)) }
    if (!isScalar(node)) return nothing(at)
    const text = String(node.value ?? '')
    const quoted = node.type !== 'PLAIN' && node.type !== undefined
    if (!quoted && nulls.has(text)) return nothing(at)
    return { ...at, kind: 'text', text, quoted }
  }
  const entriesOf = (pairs: readonly unknown[], above: Position): YamlEntry[] => {
    const entries: YamlEntry[] = []
    const seen = new Map<string, Position>()
    for (const pair of pairs) {
      if (!isPair(pair)) continue
      const at = hasRange(pair.key) ? placeOf(pair.key.range[0]) : above
      const value = grow(pair.value, at)
      const key = isAlias(pair.key) ? undefined : grow(pair.key, at)
      if (key?.kind !== 'text') {
        wrong(at, { is: 'as-key', what: key?.kind ?? 'alias' }, { is: 'key-name' })
        continue
      }
      const first = seen.get(key.text)
      if (first) {
        const found = { is: 'key-again', shown: quote(key.text) } as const
        wrong(at, found, { is: 'once-as-on', line: first.line })
        continue
      }
      seen.set(key.text, at)
      entries.push({ key: key.text, at, value })
    }
    return entries
  }
  return grow(root, start)
}

const nulls: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL'])

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)

const hasTag = (node: unknown): node is { tag: string } =>
  typeof node === 'object' && node !== null && 'tag' in node && typeof node.tag === 'string'

const hasAnchor = (node: unknown): node is { anchor: string } =>
  typeof node === 'object' && node !== null && 'anchor' in node && typeof node.anchor === 'string'

/** A value as a mistake names it. */
export const foundIn = (node: YamlNode): SpecFound =>
  node.kind === 'text' ? { is: 'text', shown: quote(node.text) } : { is: node.kind }

/** Text of the file inside a message: quoted, on one line, never long, nothing in it invisible. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** The library's complaint as one of ours. It never cites the file's text, which may hold a value. */
function syntax(error: YAMLError, source: string): { complaint: YamlComplaint; bracket?: string } {
  const [offset] = error.pos
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1
  if (/^[ ]*\t/.test(source.slice(lineStart, lineStart + 200))) {
    return { complaint: 'TAB_AS_INDENT' }
  }
  if (error.code === 'MISSING_CHAR') {
    const bracket = /(?:closing |end with a |with a )(["'}\]])/.exec(error.message)?.[1]
    if (bracket) return { complaint: 'UNCLOSED', bracket }
  }
  if (error.code === 'BAD_INDENT' && error.message.startsWith('Flow')) {
    return { complaint: 'OPEN_BRACKET' }
  }
  return { complaint: yamlComplaints.find((known) => known === error.code) ?? 'UNKNOWN' }
}
