import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLError,
} from 'yaml'
import type { SpecMistake } from '../base/error.ts'

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

const limitBytes = 256 * 1024
/** Deeper than anything a spec says; the parser's recursion would break the process far below a hostile depth. */
const limitDepth = 24

/** The document as a tree without types; undefined after it added to `mistakes` why it is none. */
export function readYaml(text: string, mistakes: SpecMistake[]): YamlNode | undefined {
  const before = mistakes.length
  const wrong = (at: Position, found: string, expected: string) =>
    mistakes.push({ ...at, path: '', found, expected })
  if (Buffer.byteLength(text) > limitBytes) {
    wrong(start, 'a file of more than 256 KiB', 'a smaller one')
    return undefined
  }
  const source = text.replace(/^\uFEFF/, '')
  refuseUnprintable(source, wrong)
  if (mistakes.length > before) return undefined

  const lines = new LineCounter()
  const tokens = [...new Parser(lines.addNewLine).parse(source)]
  const placeOf = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, source.length)))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const deep = tooDeep(tokens)
  if (deep !== undefined) {
    wrong(placeOf(deep), `more than ${limitDepth} levels of nesting`, 'fewer')
    return undefined
  }
  const [document, second] = compose(tokens, lines)
  for (const error of document?.errors.slice(0, 20) ?? []) {
    const { found, expected } = syntax(error, source)
    wrong(placeOf(error.pos[0]), found, expected)
  }
  if (second) wrong(placeOf(second.range[0]), 'a second document', 'one document in the file')
  if (mistakes.length > before) return undefined
  const tree = document?.contents ? plant(document.contents, placeOf, wrong) : nothing(start)
  return mistakes.length > before ? undefined : tree
}

const start: Position = { line: 1, column: 1 }

const nothing = (at: Position): YamlNode => ({ ...at, kind: 'nothing' })

type Wrong = (at: Position, found: string, expected: string) => void

/** What would be invisible in a message, a log or a terminal, and what no program can be given. */
function refuseUnprintable(source: string, wrong: Wrong): void {
  let count = 0
  source.split('\n').forEach((line, index) => {
    const match = unprintable.exec(line)
    if (!match || ++count > 10) return
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    const found = match[0] === '\uFFFD' ? 'a byte that is not UTF-8' : `the character U+${code}`
    wrong({ line: index + 1, column: match.index + 1 }, found, 'printable text in UTF-8')
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

function compose(
  tokens: readonly CST.Token[],
  lineCounter: LineCounter,
): Document.Parsed<ParsedNode>[] {
  // Types are ours to decide (failsafe), and so are duplicate keys: the library's check is quadratic.
  const composer = new Composer<ParsedNode>({
    lineCounter,
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
      if (!named) wrong(at, `the alias ${quote(node.source)}`, 'an anchor of that name before it')
      return named ?? nothing(at)
    }
    if (hasTag(node)) wrong(at, `the tag ${quote(node.tag)}`, 'no tags: types are known')
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
        wrong(at, `${key ? sayNode(key) : 'an alias'} as a key`, 'a name')
        continue
      }
      const first = seen.get(key.text)
      if (first) {
        wrong(
          at,
          `the key ${quote(key.text)} a second time`,
          `it only once, as on line ${first.line}`,
        )
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

/** A value as a message names it: `"5"`, `nothing`, `a list`. */
export function sayNode(node: YamlNode): string {
  if (node.kind === 'text') return quote(node.text)
  return node.kind === 'nothing' ? 'nothing' : `a ${node.kind}`
}

/** Text of the file inside a message: quoted, on one line, never long, nothing in it invisible. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** The library's complaint in our words. It never cites the file's text, which may hold a value. */
function syntax(error: YAMLError, source: string): { found: string; expected: string } {
  const [offset] = error.pos
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1
  if (/^[ ]*\t/.test(source.slice(lineStart, lineStart + 200))) return complaints.TAB_AS_INDENT
  if (error.code === 'MISSING_CHAR') {
    const closing = /(?:closing |end with a |with a )(["'}\]])/.exec(error.message)?.[1]
    if (closing) return { found: 'the end of it', expected: `a closing ${closing}` }
  }
  if (error.code === 'BAD_INDENT' && error.message.startsWith('Flow')) {
    return {
      found: 'a bracket that is still open here',
      expected: 'it closed, or this line indented',
    }
  }
  if (error.code in complaints) return complaints[error.code as keyof typeof complaints]
  return { found: 'what is not YAML', expected: 'valid YAML' }
}

const complaints = {
  ALIAS_PROPS: { found: 'an alias with an anchor or a tag', expected: 'the alias alone' },
  BAD_ALIAS: {
    found: 'an alias without a name',
    expected: 'quotes around a text that begins with *',
  },
  BAD_COLLECTION_TYPE: { found: 'a tag that does not fit', expected: 'no tags: types are known' },
  BAD_DIRECTIVE: { found: 'a % directive', expected: 'no directives' },
  BAD_DQ_ESCAPE: {
    found: 'an unknown \\ escape',
    expected: "\\\\ for a backslash, or single quotes ('…')",
  },
  BAD_INDENT: {
    found: 'a line that is indented differently',
    expected: 'the same indentation as its neighbours',
  },
  BAD_PROP_ORDER: {
    found: 'an anchor or a tag in the wrong place',
    expected: 'it right before its value',
  },
  BAD_SCALAR_START: {
    found: 'a text that begins with a reserved character',
    expected: 'quotes around it',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    found: 'a second ": " in one line',
    expected: 'quotes around the text, or the key on a line of its own',
  },
  BLOCK_IN_FLOW: {
    found: 'an indented block inside { } or [ ]',
    expected: 'one style: brackets or indentation',
  },
  DUPLICATE_KEY: { found: 'a key a second time', expected: 'each key once' },
  IMPOSSIBLE: { found: 'what is not YAML', expected: 'valid YAML' },
  KEY_OVER_1024_CHARS: { found: 'a key of more than 1,024 characters', expected: 'a name' },
  MISSING_CHAR: { found: 'a line without a ":"', expected: 'key: value' },
  MULTILINE_IMPLICIT_KEY: { found: 'a line without a ":"', expected: 'key: value' },
  MULTIPLE_ANCHORS: { found: 'a second anchor', expected: 'one at most' },
  MULTIPLE_DOCS: { found: 'a second document', expected: 'one document in the file' },
  MULTIPLE_TAGS: { found: 'a second tag', expected: 'no tags: types are known' },
  NON_STRING_KEY: { found: 'a key that is no text', expected: 'a name' },
  RESOURCE_EXHAUSTION: { found: 'more than can be read', expected: 'a smaller file' },
  TAB_AS_INDENT: { found: 'a tab as indentation', expected: 'spaces' },
  TAG_RESOLVE_FAILED: { found: 'an unknown tag', expected: 'no tags: types are known' },
  UNEXPECTED_TOKEN: {
    found: 'something that does not belong here',
    expected: 'the next key on a line of its own',
  },
}
