import type { EntryFault } from '../base/archive-fault.ts'
import { NaruError } from '../base/error.ts'

/** What an archive may hold and what its entries can be besides. */
export type EntryKind =
  | 'file'
  | 'folder'
  | 'link'
  | 'hard-link'
  | 'device'
  | 'fifo'
  | 'socket'
  | 'sparse'
  | 'encrypted'
  | 'method'
  | 'unknown'

/** One entry as its archive has it, unchecked. */
export type ArchiveEntry = {
  /** As written there; a folder may end with a slash. */
  path: string
  kind: EntryKind
  /** Bytes of a file's content. */
  size: number
  executable: boolean
  /** Where a link leads; empty for everything else. */
  target: string
}

/** How large what is sent may be, checked by who sends and by who takes in. */
export const archiveLimits = {
  /** Bytes of the tar.gz. */
  sent: 500 * 1024 * 1024,
  /** Bytes of all files together. */
  unpacked: 2 * 1024 * 1024 * 1024,
  /** Files, links and folders, those too that are only in the path of others. */
  entries: 100_000,
  /** Times that it may be larger unpacked than sent, once it is larger than `growthFrom` bytes. */
  growth: 200,
  growthFrom: 64 * 1024 * 1024,
} as const

export type ArchiveLimits = { readonly [L in keyof typeof archiveLimits]: number }

/** Bytes of a whole path, and of a name in it, that every file system takes; how deep folders may lie in folders. */
const longestPath = 1024
const longestName = 255
const deepest = 100

/** The names along an entry's path, none for the archive's root. Throws `archive.entry` for a path that no checkout may have. */
export function namesIn(path: string): string[] {
  checkText(path, path)
  if (/^(?:\/|[a-z]:(?:\/|$))/i.test(path)) throw refused(path, 'absolute')
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  for (const name of names) {
    if (name === '..') throw refused(path, 'outside')
    if (isGitName(name)) throw refused(path, 'git')
    if (Buffer.byteLength(name) > longestName) throw refused(path, 'too-long')
  }
  return names
}

/** The names along a link's target, `..` among them. Throws `archive.entry` for one that can lead nowhere inside. */
export function namesInTarget(path: string, target: string): string[] {
  checkText(path, target)
  if (target === '') throw refused(path, 'link-outside')
  if (/^(?:\/|[a-z]:(?:\/|$))/i.test(target)) throw refused(path, 'link-absolute')
  return target.split('/').filter((name) => name !== '' && name !== '.')
}

/** The error for one entry; `other` is the entry that it is in the way of. */
export const refused = (entry: string, fault: EntryFault, other?: string): NaruError =>
  new NaruError('archive.entry', { entry, fault, ...(other === undefined ? {} : { other }) })

function checkText(path: string, text: string): void {
  if (text.includes('\ufffd')) throw refused(path, 'not-utf8')
  if (/\p{Cc}/u.test(text)) throw refused(path, 'control')
  if (text.includes('\\')) throw refused(path, 'backslash')
  if (Buffer.byteLength(text) > longestPath || text.split('/').length > deepest) {
    throw refused(path, 'too-long')
  }
}

/** Code points that macOS does not see in a name, so that a name with them is the one without. */
const unseen = /[\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu

/** What some file system takes for `.git`: git refuses these names, and who checks them out must not be surprised. */
function isGitName(name: string): boolean {
  return /^(?:\.git|git~1)[ .]*(?::.*)?$/i.test(name.replace(unseen, ''))
}
