import type { Readable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import { type ArchiveEntry, archiveLimits, namesIn } from '../model/archive-entry.ts'
import { ArchiveTree } from '../model/archive-tree.ts'
import { leftOut } from '../source/left-out.ts'
import type { ReadEntry } from '../source/tar-reader.ts'
import { type WrittenEntry, writeTarGz } from '../source/tar-writer.ts'

/** Files on their way to a server. `entries` may be read more than once. */
export type Shipment = {
  /** What people call it: the folder's or the archive's name. */
  name: string
  isArchive: boolean
  /** Changes in it that are not committed; null where there is no git. */
  changes: number | null
  entries(): AsyncGenerator<ReadEntry>
}

/** A shipment that was looked through: all that was found in it is allowed. */
export type Pack = {
  files: number
  bytes: number
  /** The one folder that everything in an archive is in; what is sent is its content. */
  stripped: string | null
  /** Paths that are never sent: what the build makes again, and what holds values of secrets. */
  leftOut: string[]
  secrets: string[]
  /** The text of its naru.yaml. */
  spec: string | undefined
  /** The tar.gz, made as it is read. */
  send(): Readable
}

/** Looks through everything that would be sent, before anything is. Throws `archive.*`. */
export async function pack(shipment: Shipment): Promise<Pack> {
  const found = await lookThrough(shipment)
  const stripped = shipment.isArchive ? topFolder(found.entries) : null
  const place = placing(shipment, stripped)
  for (const entry of found.entries) place.add(entry)
  place.finish()
  const specPath = stripped === null ? 'naru.yaml' : `${stripped}/naru.yaml`
  const of = (reason: string) =>
    [...found.leftOut]
      .filter(([, why]) => why === reason)
      .map(([path]) => (stripped === null ? path : path.slice(stripped.length + 1)))
  return {
    files: place.tree.files,
    bytes: place.tree.bytes,
    stripped,
    leftOut: of('made-again'),
    secrets: of('secret'),
    spec: found.specs.get(specPath),
    send: () => writeTarGz(written(shipment, stripped)),
  }
}

/** Nobody's naru.yaml is longer; what is, is for the server to refuse. */
const longestSpecBytes = 1024 * 1024

async function lookThrough({ entries }: Shipment) {
  const found: ArchiveEntry[] = []
  const outside = new Map<string, string>()
  const specs = new Map<string, string>()
  for await (const { content, ...entry } of entries()) {
    const left = leftOut(entry.path)
    if (left !== null) {
      outside.set(left.path, left.reason)
      continue
    }
    const names = namesIn(entry.path)
    found.push(entry)
    if (found.length > archiveLimits.entries) {
      throw new NaruError('archive.too-large', { what: 'entries', limit: archiveLimits.entries })
    }
    const isSpec = names.at(-1) === 'naru.yaml' && names.length <= 2 && entry.kind === 'file'
    if (isSpec && entry.size <= longestSpecBytes) specs.set(names.join('/'), await textOf(content))
  }
  return { entries: found, leftOut: outside, specs }
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The folder that everything is in, as `git archive --prefix` and GitHub make them. */
function topFolder(entries: readonly ArchiveEntry[]): string | null {
  let top: string | null = null
  for (const { path, kind } of entries) {
    const names = namesIn(path)
    const [first] = names
    if (first === undefined) continue
    if (names.length === 1 && kind !== 'folder') return null
    if (top !== null && first !== top) return null
    top = first
  }
  return top
}

function placing({ name }: Shipment, stripped: string | null) {
  const tree = new ArchiveTree(name)
  const skip = stripped === null ? 0 : 1
  return {
    tree,
    add: (entry: ArchiveEntry) =>
      tree.add(
        skip === 0 ? entry : { ...entry, path: `./${namesIn(entry.path).slice(skip).join('/')}` },
      ),
    finish: () => tree.finish(),
  }
}

async function* written(shipment: Shipment, stripped: string | null): AsyncGenerator<WrittenEntry> {
  const place = placing(shipment, stripped)
  for await (const { content, ...entry } of shipment.entries()) {
    if (leftOut(entry.path) !== null) continue
    const placed = place.add(entry)
    if (placed !== null) yield { ...placed, content }
  }
}
