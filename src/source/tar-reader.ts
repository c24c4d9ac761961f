import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Extract, extract } from 'tar-stream'
import { NaruError } from '../base/error.ts'
import { type ArchiveEntry, type ArchiveLimits, archiveLimits } from '../model/archive-entry.ts'

/** An entry as it is read: its content must be read to its end, or not at all, before the next is asked for. */
export type ReadEntry = ArchiveEntry & { content: AsyncIterable<Uint8Array> }

/** A tar on its way. `sentBytes` says how many bytes have come of what it is packed in; destroying it leaves their source open. */
export type Tar = { stream: Readable; sentBytes(): number }

/** Unpacks a tar.gz. A source that breaks off, and one that is larger than the limit, fail the stream. */
export function gunzipped(sent: Readable, limits: ArchiveLimits = archiveLimits): Tar {
  const gunzip = createGunzip()
  let sentBytes = 0
  const count = (chunk: Buffer) => {
    sentBytes += chunk.length
    if (sentBytes > limits.sent) gunzip.destroy(tooLarge('sent', limits))
  }
  const fail = (error: Error) => gunzip.destroy(error)
  const close = () => {
    if (!sent.readableEnded) gunzip.destroy(brokenOff())
  }
  sent.on('data', count).on('error', fail).on('close', close).pipe(gunzip)
  gunzip.once('close', () => {
    // Its errors stay listened to: the source may still break when nobody reads it any more.
    sent.off('data', count).off('close', close).unpipe(gunzip)
  })
  if (sent.destroyed && !sent.readableEnded) gunzip.destroy(brokenOff())
  return { stream: gunzip, sentBytes: () => sentBytes }
}

/**
 * The entries of a tar in their order, unchecked. Ends only with a tar that has its end mark. Throws `archive.broken`,
 * `archive.unknown` for what is none, `archive.too-large` for what unpacks to too much.
 */
export async function* readTar(
  { stream, sentBytes }: Tar,
  name: string,
  limits: ArchiveLimits = archiveLimits,
): AsyncGenerator<ReadEntry> {
  const box = extract()
  void feed(stream, box, (bytes) => checkGrowth(bytes, sentBytes(), limits))
  let entries = 0
  try {
    for await (const entry of box) {
      entries += 1
      const reading = { begun: false }
      yield { ...describe(entry), content: contentOf(entry, reading, name) }
      if (!reading.begun) entry.resume()
    }
  } catch (error) {
    if (entries === 0 && isNoTar(error)) throw foreign(name, error)
    throw asTarError(error, name)
  } finally {
    box.destroy()
    stream.destroy()
  }
}

/** One entry as the tar library has it. */
type Entry = Extract extends AsyncIterable<infer E> ? E : never

/** Never rejects: what goes wrong is told to whoever reads the entries. */
async function feed(
  tar: Readable,
  box: Extract,
  check: (unpackedBytes: number) => void,
): Promise<void> {
  let bytes = 0
  let end: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      bytes += chunk.length
      check(bytes)
      end = chunk.length >= 512 ? chunk : Buffer.concat([end, chunk])
      end = end.subarray(-512)
      if (!box.write(chunk)) await drained(box)
      if (box.destroyed) return
    }
    // A tar ends with empty blocks: one without them was cut between two entries.
    if (bytes > 0 && !end.every((byte) => byte === 0)) throw brokenOff()
    box.end(null)
  } catch (error) {
    box.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

function drained(box: Extract): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      box.off('drain', go).off('close', go)
      resolve()
    }
    box.on('drain', go).on('close', go)
    if (box.destroyed) go()
  })
}

async function* contentOf(
  entry: Entry,
  reading: { begun: boolean },
  name: string,
): AsyncGenerator<Uint8Array> {
  reading.begun = true
  try {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw asTarError(error, name)
  }
}

function describe({ header }: Entry): ArchiveEntry {
  const { name, type, size = 0, mode = 0, linkname } = header
  const found = { path: name, size: 0, executable: false, target: '' }
  if (type === 'directory') return { ...found, kind: 'folder' }
  if (type === 'symlink') return { ...found, kind: 'link', target: linkname ?? '' }
  if (type === 'link') return { ...found, kind: 'hard-link' }
  if (type === 'fifo') return { ...found, kind: 'fifo' }
  if (type === 'block-device' || type === 'character-device') return { ...found, kind: 'device' }
  if (type !== 'file' && type !== 'contiguous-file') return { ...found, kind: 'unknown' }
  if (isSparse(header)) return { ...found, kind: 'sparse' }
  return { ...found, kind: 'file', size, executable: (mode & 0o100) !== 0 }
}

/** GNU tar writes the holes of such a file into its content, where they would be taken for it. */
function isSparse(header: object): boolean {
  const pax: unknown = 'pax' in header ? header.pax : null
  if (typeof pax !== 'object' || pax === null) return false
  return Object.keys(pax).some((key) => key.startsWith('GNU.sparse.'))
}

/** Headers and padding count as well: a tar of nothing but headers is as much to read. */
function checkGrowth(bytes: number, sentBytes: number, limits: ArchiveLimits): void {
  if (bytes > limits.unpacked * 1.25 + 1024 * 1024) throw tooLarge('unpacked', limits)
  if (bytes > limits.growthFrom && bytes > sentBytes * limits.growth) {
    throw tooLarge('growth', limits)
  }
}

const tooLarge = (what: 'sent' | 'unpacked' | 'growth', limits: ArchiveLimits): NaruError =>
  new NaruError('archive.too-large', { what, limit: limits[what] })

const brokenOff = (): Error => new Error(cutOff)
const cutOff = 'Unexpected end of data'

const isNoTar = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Invalid tar header')

const foreign = (name: string, cause: unknown): NaruError =>
  new NaruError('archive.unknown', { name, found: 'no-archive' }, { cause })

/** What zlib and the tar library say, as an error of ours; what neither of them says stays what it is. */
function asTarError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || error instanceof NaruError || 'syscall' in error) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'Z_DATA_ERROR' && error.message === 'incorrect header check') {
    return foreign(name, error)
  }
  const isCut = error.message === cutOff || code === 'Z_BUF_ERROR' || code === 'ECONNRESET'
  const isChecked =
    code === 'Z_DATA_ERROR' && /^incorrect (?:data|length) check$/.test(error.message)
  const damage = isCut ? 'cut-off' : isChecked ? 'checksum' : 'damaged'
  return new NaruError('archive.broken', { name, damage }, { cause: error })
}
