import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Pack, pack } from 'tar-stream'
import type { PlacedEntry } from '../model/archive-tree.ts'

/** An entry at its place, with the content of a file: exactly `size` bytes. */
export type WrittenEntry = PlacedEntry & { content: AsyncIterable<Uint8Array> }

/** A tar.gz of the entries, made as it is read. Fails with what the entries fail with. */
export function writeTarGz(entries: AsyncIterable<WrittenEntry>): Readable {
  const out = new PassThrough()
  const tar = pack()
  const packed = pipeline(tar, createGzip({ level: 6 }), out)
  packed.catch(() => {}) // Whoever reads it is told; so is whoever fills it, below.
  fill(tar, entries).catch((error: unknown) => {
    const reason = error instanceof Error ? error : new Error(String(error))
    out.destroy(reason)
    tar.destroy(reason)
  })
  return out
}

async function fill(tar: Pack, entries: AsyncIterable<WrittenEntry>): Promise<void> {
  for await (const { content, ...entry } of entries) {
    if (tar.destroyed) return
    if (entry.kind === 'file') await addFile(tar, entry, content)
    else tar.entry(headerOf(entry))
  }
  tar.finalize()
}

async function addFile(
  tar: Pack,
  entry: PlacedEntry,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { file, ended } = openEntry(tar, entry)
  for await (const chunk of content) {
    if (!file.write(chunk)) await Promise.race([once(file, 'drain'), ended])
  }
  file.end(null)
  await ended
}

/** `ended` is over when the entry is written; it fails when that cannot be. */
function openEntry(tar: Pack, entry: PlacedEntry) {
  const { promise: ended, resolve, reject } = promised()
  ended.catch(() => {}) // Who writes the entry waits for it later.
  const file = tar.entry(headerOf(entry), (error) => (error ? reject(error) : resolve()))
  file.on('error', () => {}) // `ended` says it; without a listener it would end the program.
  return { file, ended }
}

function promised() {
  let resolve = () => {}
  let reject = (_reason: Error) => {}
  const promise = new Promise<void>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}

/** No times, no owners: the same files make the same archive. */
function headerOf({ path, kind, size, executable, target }: PlacedEntry) {
  const mtime = new Date(0)
  if (kind === 'folder') return { name: path, type: 'directory' as const, mode: 0o755, mtime }
  if (kind === 'link')
    return { name: path, type: 'symlink' as const, linkname: target, mode: 0o777, mtime }
  return { name: path, type: 'file' as const, size, mode: executable ? 0o755 : 0o644, mtime }
}
