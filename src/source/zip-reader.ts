import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import type { ForeignArchive } from '../base/archive-fault.ts'
import { NaruError } from '../base/error.ts'
import type { ArchiveEntry, EntryKind } from '../model/archive-entry.ts'
import { refused } from '../model/archive-entry.ts'
import type { ReadEntry } from './tar-reader.ts'

/**
 * The entries of a zip as its list at the end names them, unchecked; contents are checked against their sums. Throws
 * `archive.broken`, `archive.unknown` for kinds of zip that are not read, `archive.entry` for what is encrypted.
 */
export async function* readZip(file: string, name: string): AsyncGenerator<ReadEntry> {
  const zip = await open(file, name)
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.extraFields.some(({ id }) => id === zip64)) throw foreign(name, 'zip64')
      const found = describe(entry)
      const target = found.kind === 'link' ? await readTarget(zip, entry, found, name) : ''
      yield { ...found, target, content: contentOf(zip, entry, name) }
    }
  } catch (error) {
    throw asZipError(error, name)
  } finally {
    zip.close()
  }
}

async function open(file: string, name: string): Promise<ZipFile> {
  try {
    const zip = await openPromise(file, { decodeStrings: false, autoClose: false })
    zip.on('error', () => {}) // Told to whoever reads the entries; without a listener it would end the program.
    return zip
  } catch (error) {
    throw asZipError(error, name)
  }
}

/** Its extra field, by which sizes and offsets of more than 32 bits are told. */
const zip64 = 0x0001

/** A link's content is its target; nobody's is longer. */
const longestTargetBytes = 4096

function describe(entry: Entry): ArchiveEntry {
  const path = nameOf(entry.fileNameRaw)
  const mode = modeOf(entry)
  const kind = kindOf(entry, path, mode)
  const executable = kind === 'file' && (mode & 0o100) !== 0
  return { path, kind, size: kind === 'file' ? entry.uncompressedSize : 0, executable, target: '' }
}

/** Rights and type as Unix has them; 0 where the archive was made elsewhere and does not say. */
function modeOf({ versionMadeBy, externalFileAttributes }: Entry): number {
  const madeBy = versionMadeBy >>> 8
  return madeBy === 3 || madeBy === 19 ? externalFileAttributes >>> 16 : 0
}

function kindOf(entry: Entry, path: string, mode: number): EntryKind {
  if (path.endsWith('/')) return 'folder'
  if (entry.isEncrypted()) return 'encrypted'
  if (!entry.canDecodeFileData()) return 'method'
  return types.get(mode & 0o170000) ?? 'unknown'
}

const types: ReadonlyMap<number, EntryKind> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
  [0o020000, 'device'],
  [0o060000, 'device'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
])

/** Many programs write UTF-8 without saying so; what is not UTF-8 is left to be refused, rather than guessed. */
const nameOf = (bytes: Buffer): string => bytes.toString('utf8')

async function readTarget(
  zip: ZipFile,
  entry: Entry,
  { path }: ArchiveEntry,
  name: string,
): Promise<string> {
  if (entry.uncompressedSize > longestTargetBytes) throw refused(path, 'too-long')
  const chunks: Uint8Array[] = []
  for await (const chunk of contentOf(zip, entry, name)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function* contentOf(zip: ZipFile, entry: Entry, name: string): AsyncGenerator<Uint8Array> {
  let sum = 0
  try {
    const content = await zip.openReadStreamPromise(entry)
    for await (const chunk of content as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum)
      yield chunk
    }
  } catch (error) {
    throw asZipError(error, name)
  }
  if (sum !== entry.crc32) throw new NaruError('archive.broken', { name, damage: 'checksum' })
}

const foreign = (name: string, found: ForeignArchive): NaruError =>
  new NaruError('archive.unknown', { name, found })

/** What the zip library says, as an error of ours; what the file system says stays what it is. */
function asZipError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || error instanceof NaruError || 'syscall' in error) return error
  const { message } = error
  if (message.startsWith('multi-disk')) return foreign(name, 'split-zip')
  if (message.startsWith('strong encryption')) return refused(name, 'encrypted')
  const isCut =
    /signature not found|unexpected EOF|overflows file bounds|unexpected end of file/.test(message)
  const damage = isCut ? 'cut-off' : 'damaged'
  return new NaruError('archive.broken', { name, damage }, { cause: error })
}
