import { constants } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { NaruError } from '../base/error.ts'
import type { ArchiveEntry, EntryKind } from '../model/archive-entry.ts'
import { leftOut } from '../source/left-out.ts'
import type { ReadEntry } from '../source/tar-reader.ts'
import { IgnoreRules } from './ignore-rules.ts'
import type { Shipment } from './pack.ts'
import { readWorkTree, type WorkTree } from './work-tree.ts'

/**
 * A folder as something to send: its files as they are, but for what `.gitignore` and `.naruignore` name. What git
 * knows is sent whatever `.gitignore` says, and `.naruignore` may take back in what `.gitignore` leaves out.
 */
export async function folderShipment(folder: string): Promise<Shipment> {
  const workTree = await readWorkTree(folder)
  return {
    name: basename(folder) || 'root',
    isArchive: false,
    changes: workTree?.changes ?? null,
    async *entries() {
      const { none } = IgnoreRules
      const start = { path: '', isIgnored: false, git: workTree?.rules ?? none, naru: none }
      yield* walk(folder, start, workTree)
    },
  }
}

/** A folder on the way down. */
type Place = {
  /** From the folder that is sent, "" for itself. */
  path: string
  /** `.gitignore` leaves out the folder itself: only what git knows is taken from it. */
  isIgnored: boolean
  git: IgnoreRules
  naru: IgnoreRules
}

async function* walk(
  root: string,
  above: Place,
  workTree: WorkTree | undefined,
): AsyncGenerator<ReadEntry> {
  const folder = join(root, above.path)
  const begin = (path: string) => path.slice(above.path === '' ? 0 : above.path.length + 1)
  const here = {
    ...above,
    git: await above.git.withFile(folder, '.gitignore', begin),
    naru: await above.naru.withFile(folder, '.naruignore', begin),
  }
  for (const name of await namesOf(folder, above.path)) {
    const path = above.path === '' ? name : `${above.path}/${name}`
    const entry = await describe(join(root, path), path)
    const isFolder = entry.kind === 'folder'
    // Named by whoever looks through what is sent, without anyone going into it.
    if (leftOut(name) !== null) {
      yield { ...entry, content: nothing() }
      continue
    }
    const naru = here.naru.verdict(path, isFolder)
    if (naru === 'out') continue
    const isKnown = workTree?.known.has(path) ?? false
    const isNamed = here.isIgnored || here.git.verdict(path, isFolder) === 'out'
    const isIgnored = isNamed && !isKnown && naru !== 'in'
    if (isFolder) {
      const hasKnown = workTree?.knownFolders.has(path) ?? false
      // What names the folder would name everything in it as well.
      const git = isNamed && naru === 'in' ? IgnoreRules.none : here.git
      if (!isIgnored || hasKnown) yield* walk(root, { ...here, path, isIgnored, git }, workTree)
    } else if (!isIgnored) yield { ...entry, content: contentOf(join(root, path), entry) }
  }
}

async function namesOf(folder: string, path: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    throw unreadable(path === '' ? folder : path, error)
  }
}

async function describe(file: string, path: string): Promise<ArchiveEntry> {
  const entry = { path, size: 0, executable: false, target: '' }
  // Node.js could not find it again by such a name: it is left to be refused.
  if (path.includes('\ufffd')) return { ...entry, kind: 'file' }
  try {
    const stats = await lstat(file)
    if (stats.isDirectory()) return { ...entry, kind: 'folder' }
    if (stats.isSymbolicLink()) return { ...entry, kind: 'link', target: await readlink(file) }
    if (stats.isFile()) {
      return { ...entry, kind: 'file', size: stats.size, executable: (stats.mode & 0o100) !== 0 }
    }
    const kind: EntryKind = stats.isFIFO() ? 'fifo' : stats.isSocket() ? 'socket' : 'device'
    return { ...entry, kind }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** As many bytes as it had when it was looked at: what is written to it meanwhile comes with the next deployment. */
async function* contentOf(file: string, { path, size }: ArchiveEntry): AsyncGenerator<Uint8Array> {
  if (size === 0) return
  let bytes = 0
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    const stream = handle.createReadStream({ start: 0, end: size - 1 })
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  if (bytes < size) throw new NaruError('archive.unreadable', { path, why: 'shrunk' })
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function unreadable(path: string, error: unknown): NaruError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const why =
    code === 'EACCES' || code === 'EPERM' ? 'denied' : code === 'ENOENT' ? 'gone' : 'failed'
  return new NaruError('archive.unreadable', { path, why }, { cause: error })
}
