/** One mistake in a `naru.yaml`: data, of which `words/<language>/spec.ts` makes the sentence. */
export type SpecMistake = {
  /** Both count from 1. */
  line: number
  column: number
  /** Where in the document, "services.web.replicas"; empty for the document itself. */
  path: string
  found: SpecFound
  expected: SpecExpected
  /** The valid key or value that was probably meant. */
  nearest?: string
}

export type SpecFound = OneOf<FoundFacts>
export type SpecExpected = OneOf<ExpectedFacts>

/**
 * What stood there. `shown` is text of the file, quoted and cut so that it is safe in a message, a log and a
 * terminal; where it may be somebody's secret there is none.
 */
export type FoundFacts = {
  text: { shown: string }
  nothing: None
  list: None
  mapping: None
  alias: None
  /** Something that is not shown. */
  hidden: None
  'hidden-name': None
  'empty-list': None
  key: { shown: string }
  'key-again': { shown: string }
  'as-key': { what: 'nothing' | 'list' | 'mapping' | 'alias' }
  named: { what: SpecNoun; shown: string }
  'without-command': { what: SpecNoun; name: string }
  'too-many': { what: SpecNoun; count: number }
  variable: { shown: string }
  'no-service': None
  'same-route': { line: number }
  'same-branch': { environment: string; line: number }
  'health-times': { withinSeconds: number; forSeconds: number }
  wildcard: { shown: string }
  'long-text': None
  'unprintable-text': None
  'named-alias': { shown: string }
  tag: { shown: string }
  character: { code: string }
  'not-utf8': None
  'big-file': { limitKiB: number }
  'big-written-out': { limitKiB: number }
  deep: { levels: number }
  'second-document': None
  'more-mistakes': { count: number }
  yaml: { complaint: YamlComplaint; bracket?: string }
}

/** What should stand there. An `example` is text that could be written in the file as it is. */
export type ExpectedFacts = {
  later: None
  'one-of': { names: readonly string[] }
  /** The key belongs somewhere else: "services.<name>.replicas". */
  home: { path: string }
  mapping: { example: string }
  list: { example: string }
  step: { example: string }
  'own-step': None
  'at-least-one': { what: SpecNoun; example: string }
  'at-most': { count: number }
  label: None
  /** The app whose repository this was pushed to. */
  'this-app': { app: string }
  service: { names: readonly string[] }
  'command-of': { what: SpecNoun }
  command: None
  text: None
  'any-text': None
  'printable-text': None
  'short-text': { limit: string }
  'whole-number': { least: number; most: number }
  number: { least: number; most: number }
  duration: None
  'at-least-duration': { bound: string }
  'at-most-duration': { bound: string }
  size: None
  'at-most-size': { limit: string }
  'at-least-size': { limit: string }
  'volume-path': None
  'package-name': None
  'stage-name': None
  'image-reference': None
  /** A build beside an image that is made elsewhere. */
  'no-build-with-image': None
  'recreate-for-volumes': { service: string }
  'healthy-within-longer': None
  'request-path': None
  'route-path': None
  host: None
  'folder-path': None
  branch: None
  'another-branch': None
  'another-route': None
  'another-name': None
  'not-naru-name': None
  'overlap-without-route': None
  'variable-name': None
  'secret-name': None
  'secret-names': None
  'not-a-setting': None
  'not-a-secret': None
  once: None
  'once-as-on': { line: number }
  'key-name': None
  'anchor-before': None
  'no-tags': None
  utf8: None
  fewer: None
  'smaller-file': None
  'one-document': None
  'corrected-first': None
  yaml: { complaint: YamlComplaint; bracket?: string }
}

export type SpecNoun =
  | 'service'
  | 'route'
  | 'job'
  | 'step'
  | 'environment'
  | 'setting'
  | 'secret'
  | 'word'
  | 'volume'
  | 'package'

/** What is not YAML at all: the YAML library's codes, and three of our own. */
export type YamlComplaint = (typeof yamlComplaints)[number]

export const yamlComplaints = [
  'ALIAS_PROPS',
  'BAD_ALIAS',
  'BAD_COLLECTION_TYPE',
  'BAD_DIRECTIVE',
  'BAD_DQ_ESCAPE',
  'BAD_INDENT',
  'BAD_PROP_ORDER',
  'BAD_SCALAR_START',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'DUPLICATE_KEY',
  'IMPOSSIBLE',
  'KEY_OVER_1024_CHARS',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_DOCS',
  'MULTIPLE_TAGS',
  'NON_STRING_KEY',
  'RESOURCE_EXHAUSTION',
  'TAB_AS_INDENT',
  'TAG_RESOLVE_FAILED',
  'UNEXPECTED_TOKEN',
  'UNCLOSED',
  'OPEN_BRACKET',
  'UNKNOWN',
] as const

type None = Record<never, never>
type OneOf<F> = { [C in keyof F]: { is: C } & F[C] }[keyof F]
