/**
 * One key of such a file. Nothing of it is applied; `means` says what it would be in `naru.yaml`, and null is a
 * key without a meaning here. `words/<language>/foreign.ts` makes the sentence.
 */
export type ForeignNote = {
  file: string
  /** Counts from 1. */
  line: number
  /** Where in the file, "services.web.ports"; empty for the whole file. */
  key: string
  means: ForeignMeaning | null
}

export type ForeignMeaning =
  /** The file cannot be read at `line`. */
  | { is: 'unreadable' }
  /** `write` is a line to put into naru.yaml instead: never a value that may be secret. */
  | { is: 'write'; write: string }
  /** Names that get a value with `naru settings set` or `naru secret set`. */
  | { is: 'variables'; names: string[] }
  /** Naru does it by itself, or does not need it. */
  | { is: 'given'; what: ForeignGiven }
  /** A database or the like, which Naru does not run: its address comes as a secret. */
  | { is: 'backing'; image: string }
  /** So many keys more, which were not looked at. */
  | { is: 'more'; count: number }

export type ForeignGiven =
  | 'port'
  | 'restart'
  | 'build'
  | 'router'
  | 'network'
  | 'name'
  | 'version'
  | 'template'
  | 'about'
  | 'health'
