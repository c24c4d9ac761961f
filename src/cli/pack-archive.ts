import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ForeignArchive } from '../base/archive-fault.ts'
import { NaruError } from '../base/error.ts'
import { gunzipped, type ReadEntry, readTar } from '../source/tar-reader.ts'
import { readZip } from '../source/zip-reader.ts'
import type { Shipment } from './pack.ts'

/** A tar.gz, a tar or a zip as something to send, known by its first bytes and not by its name. Throws `archive.unknown`. */
export async function archiveShipment(file: string): Promise<Shipment> {
  const name = basename(file)
  const read = readers[kindOf(await firstBytes(file), name)]
  return { name, isArchive: true, changes: null, entries: () => read(file, name) }
}

/** "shop" of "shop.tar.gz". */
export const archiveStem = (name: string): string => name.replace(/\.(?:tar\.gz|tgz|tar|zip)$/i, '')

type Kind = 'gzip' | 'tar' | 'zip'

const readers: Record<Kind, (file: string, name: string) => AsyncGenerator<ReadEntry>> = {
  async *gzip(file, name) {
    const stream = createReadStream(file)
    try {
      yield* readTar(gunzipped(stream), name)
    } finally {
      stream.destroy()
    }
  },
  // Nothing is unpacked here, so that nothing can grow.
  tar: (file, name) =>
    readTar({ stream: createReadStream(file), sentBytes: () => Number.POSITIVE_INFINITY }, name),
  zip: readZip,
}

/** The magic numbers of each kind, at the start of the file. */
const magics: readonly [magic: string, kind: Kind | ForeignArchive][] = [
  ['\x1f\x8b', 'gzip'],
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
  ['PK\x07\x08', 'split-zip'],
  ['Rar!', 'rar'],
  ['7z\xbc\xaf\x27\x1c', '7z'],
  ['\xfd7zXZ', 'xz'],
  ['BZh', 'bzip2'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
]

function kindOf(bytes: Buffer, name: string): Kind {
  const text = bytes.toString('latin1')
  const found = magics.find(([magic]) => text.startsWith(magic))?.[1] ?? kindOfTar(bytes, text)
  if (found === 'gzip' || found === 'tar' || found === 'zip') return found
  throw new NaruError('archive.unknown', { name, found })
}

function kindOfTar(bytes: Buffer, text: string): Kind | ForeignArchive {
  if (bytes.length === 0) return 'no-bytes'
  const isEmptyTar = bytes.length === 512 && bytes.every((byte) => byte === 0)
  return text.startsWith('ustar', 257) || isEmptyTar ? 'tar' : 'no-archive'
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
