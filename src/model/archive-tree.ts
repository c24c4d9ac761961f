import type { ArchiveLimit } from '../base/archive-fault.ts'
import { NaruError } from '../base/error.ts'
import {
  type ArchiveEntry,
  type ArchiveLimits,
  archiveLimits,
  namesIn,
  namesInTarget,
  refused,
} from './archive-entry.ts'

/** Where an entry is in the tree: no leading slash, no dots, no slash at the end. */
export type PlacedEntry = {
  path: string
  kind: 'file' | 'folder' | 'link'
  size: number
  executable: boolean
  target: string
}

/**
 * The tree that an archive's entries make, checked as it grows: whoever packs and whoever takes in follow the same
 * rules. Throws `archive.entry`, `archive.too-large` and, at its end, `archive.empty`.
 */
export class ArchiveTree {
  files = 0
  bytes = 0
  readonly #kinds = new Map<string, PlacedEntry['kind']>()
  /** Every path by what it is where case and composition of letters do not count. */
  readonly #folded = new Map<string, string>()
  readonly #links = new Map<string, string[]>()
  #entries = 0

  constructor(
    /** What people call the archive. */
    private readonly name: string,
    private readonly limits: ArchiveLimits = archiveLimits,
  ) {}

  /** Where the entry comes to lie; null for the root, which is there anyway. */
  add({ path: written, kind, size, executable, target }: ArchiveEntry): PlacedEntry | null {
    this.#entries += 1
    this.#within('entries', this.#entries)
    const names = namesIn(written)
    if (kind !== 'file' && kind !== 'folder' && kind !== 'link') throw refused(written, kind)
    if (names.length === 0) {
      if (kind === 'folder') return null
      throw refused(written, 'nameless')
    }
    const path = names.join('/')
    this.#addFolders(written, names.slice(0, -1))
    this.#place(written, path, kind)
    if (kind === 'link') this.#links.set(path, this.#targetOf(written, names, target))
    if (kind !== 'folder') this.files += 1
    if (kind !== 'file') return { path, kind, size: 0, executable: false, target }
    this.bytes += size
    this.#within('unpacked', this.bytes)
    return { path, kind, size, executable, target: '' }
  }

  /** What can be judged only when all entries are there: where links lead, and that there is something at all. */
  finish(): void {
    if (this.files === 0) throw new NaruError('archive.empty', { name: this.name })
    for (const path of this.#links.keys()) this.#follow(path)
  }

  /** From the nearest folder down, so that a path costs only what is new in it. */
  #addFolders(written: string, names: readonly string[]): void {
    for (let depth = names.length; depth > 0; depth -= 1) {
      const path = names.slice(0, depth).join('/')
      const kind = this.#kinds.get(path)
      if (kind === 'link') throw refused(written, 'through-link', path)
      if (kind === 'folder') return
      this.#place(written, path, 'folder')
    }
  }

  #place(written: string, path: string, kind: PlacedEntry['kind']): void {
    const there = this.#kinds.get(path)
    if (there === 'folder' && kind === 'folder') return
    if (there !== undefined) {
      throw refused(written, there === kind ? 'twice' : 'file-and-folder', path)
    }
    const folded = path.normalize('NFC').toLowerCase()
    const other = this.#folded.get(folded)
    if (other !== undefined) throw refused(written, 'case', other)
    this.#folded.set(folded, path)
    this.#kinds.set(path, kind)
    this.#within('entries', this.#kinds.size)
  }

  #targetOf(written: string, names: readonly string[], target: string): string[] {
    // git reads this file by itself and refuses to read it through a link.
    if (names.at(-1)?.toLowerCase() === '.gitmodules') throw refused(written, 'git')
    return namesInTarget(written, target)
  }

  /** Goes where the kernel would go, link after link, and never above the root. */
  #follow(link: string): void {
    const at = link.split('/').slice(0, -1)
    const ahead = [...(this.#links.get(link) ?? [])]
    for (let links = 1; ahead.length > 0; ) {
      const name = ahead.shift() ?? ''
      if (name === '..') {
        if (at.pop() === undefined) throw refused(link, 'link-outside')
        continue
      }
      at.push(name)
      const next = this.#links.get(at.join('/'))
      if (next === undefined) continue
      links += 1
      if (links > mostLinks) throw refused(link, 'link-circle')
      at.pop()
      ahead.unshift(...next)
    }
  }

  #within(limit: ArchiveLimit & keyof ArchiveLimits, found: number): void {
    if (found <= this.limits[limit]) return
    throw new NaruError('archive.too-large', { what: limit, limit: this.limits[limit] })
  }
}

/** As many links as Linux follows in one path. */
const mostLinks = 40
