import { createReadStream, createWriteStream } from 'node:fs'
import { cp, lstat, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { archiveLimits } from '../model/archive-entry.ts'
import { readTar } from './tar-reader.ts'

/** How many files there were, and names of what is neither a file nor a folder and was left out. */
export type Copied = { files: number; leftOut: string[] }

/**
 * Puts what a tar holds under `name` at `target`: into it where that is a folder, else in its place. What it holds is not
 * trusted: nothing is written elsewhere, and no link is made. Nothing is there before all of it has come.
 */
export async function writeTree(tar: Readable, name: string, target: string): Promise<Copied> {
  const place = (await isFolder(target)) ? join(target, name) : target
  const aside = await mkdtemp(join(dirname(place), '.naru-cp-'))
  try {
    const copied = await unpack(tar, name, join(aside, 'tree'))
    await cp(join(aside, 'tree'), place, { recursive: true, force: true })
    return copied
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** A copy may be as large as the disk allows. */
const anySize = {
  ...archiveLimits,
  unpacked: Number.POSITIVE_INFINITY,
  growthFrom: Number.POSITIVE_INFINITY,
}

async function unpack(stream: Readable, name: string, root: string): Promise<Copied> {
  const copied: Copied = { files: 0, leftOut: [] }
  const tar = { stream, sentBytes: () => Number.POSITIVE_INFINITY }
  for await (const { path, kind, executable, content } of readTar(tar, name, anySize)) {
    const steps = below(name, path)
    if (steps === null || (kind !== 'file' && kind !== 'folder')) {
      copied.leftOut.push(path)
      continue
    }
    const at = join(root, ...steps)
    if (kind === 'folder') {
      await mkdir(at, { recursive: true })
      continue
    }
    await mkdir(dirname(at), { recursive: true })
    await pipeline(content, createWriteStream(at, { mode: executable ? 0o755 : 0o644 }))
    copied.files += 1
  }
  return copied
}

/** Steps below the name; null for what leads elsewhere. */
function below(name: string, path: string): string[] | null {
  const [first, ...steps] = path
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
    .split('/')
  const isPlain = (step: string) =>
    step !== '' && step !== '.' && step !== '..' && !step.includes('\0')
  return first === name && steps.every(isPlain) ? steps : null
}

/** A file or folder as a tar in which it is called `name`; links are left out. `copied` is whole when the tar has ended. */
export function readTree(from: string, name: string): { tar: Readable; copied: Copied } {
  const copied: Copied = { files: 0, leftOut: [] }
  const out = pack()
  add(out, from, name, copied).then(
    () => out.finalize(),
    (error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return { tar: out as unknown as Readable, copied }
}

async function add(out: Pack, from: string, name: string, copied: Copied): Promise<void> {
  const found = await lstat(from)
  const mode = found.mode & 0o777
  if (found.isDirectory()) {
    out.entry({ name: `${name}/`, type: 'directory', mode, mtime: found.mtime })
    for (const each of (await readdir(from)).sort())
      await add(out, join(from, each), `${name}/${each}`, copied)
  } else if (found.isFile()) {
    const entry = out.entry({ name, size: found.size, mode, mtime: found.mtime })
    // What is written to it meanwhile would be more than was said.
    const end = Math.max(0, found.size - 1)
    if (found.size === 0) entry.end(null)
    else await pipeline(createReadStream(from, { end }), entry)
    copied.files += 1
  } else copied.leftOut.push(name)
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false, // Not there: then it is to be made.
  )

/** What a path is called at its end; of "." and the like the folder's own name, if there is one. */
export const nameOf = (path: string): string => basename(path.replace(/\/+$/, ''))
