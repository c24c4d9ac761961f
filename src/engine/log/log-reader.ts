import { type FileHandle, open } from 'node:fs/promises'
import type { LogLine } from '../../model/instance.ts'
import type { LogFilter } from '../engine.ts'
import type { LogBook } from './log-book.ts'
import { parseLines, readSegment, type Segment, type StoredLine } from './log-segment.ts'

/** Lines of a log that the filter lets through, oldest first. Ends when the signal fires or the log is closed. */
export async function* readLog(
  book: LogBook,
  filter: LogFilter,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const end = book.next
  let after = filter.after ?? 0
  if (filter.tail !== undefined) {
    for (const line of await newest(book, filter, filter.tail, end)) yield publicLine(line)
    if (!filter.follow) return
    after = end - 1
  }
  const upTo = filter.follow ? Number.POSITIVE_INFINITY : end
  for await (const line of linesAfter(book, after, upTo, signal)) {
    if (fits(line, filter)) yield publicLine(line)
  }
}

/** Every line after a position and before another, waiting for those that are still to come. */
async function* linesAfter(
  book: LogBook,
  after: number,
  upTo: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredLine> {
  let position = after
  let read = { number: 0, bytes: 0 }
  while (position + 1 < upTo && !signal?.aborted && !book.closed) {
    if (position + 1 >= book.next) await book.reached(position + 1, signal)
    const segment = segmentOf(book, position + 1)
    if (segment === undefined || position + 1 >= book.next) continue
    if (read.number !== segment.number) read = { number: segment.number, bytes: 0 }
    const following = book.segments.find(({ number }) => number > segment.number)
    const before = position
    for await (const { lines, bytes } of linesIn(segment, read.bytes)) {
      for (const line of lines) {
        if (signal?.aborted || line.position >= upTo) return
        if (line.position <= position) continue
        position = line.position
        yield line
      }
      read.bytes = bytes
    }
    // What a removed or damaged segment held is passed over.
    if (position === before) position = (following?.position ?? book.next) - 1
  }
}

/** The segment that holds the position, or the oldest if that is gone already. */
function segmentOf({ segments }: LogBook, position: number): Segment | undefined {
  return segments.findLast((segment) => segment.position <= position) ?? segments[0]
}

async function newest(
  book: LogBook,
  filter: LogFilter,
  count: number,
  end: number,
): Promise<StoredLine[]> {
  let found: StoredLine[] = []
  for (const segment of book.segments.toReversed()) {
    if (found.length >= count) break
    const contents = await readSegment(segment).catch(gone)
    const fitting = (contents?.lines ?? []).filter(
      (line) => line.position < end && fits(line, filter),
    )
    found = [...fitting, ...found]
  }
  return count === 0 ? [] : found.slice(-count)
}

/** Lines that are in a segment now from a byte on, piece by piece; `bytes` is where the whole lines of a piece end. */
async function* linesIn(
  segment: Segment,
  from: number,
): AsyncGenerator<{ lines: StoredLine[]; bytes: number }> {
  const file = await open(segment.file, 'r').catch(gone)
  if (file === undefined) return
  try {
    let bytes = from
    for (let room = pieceBytes; ; ) {
      const piece = await read(file, bytes, room)
      const whole = piece.lastIndexOf(0x0a) + 1
      // A line that is longer than the piece needs a larger one.
      if (whole === 0 && piece.length < room) return
      room = whole === 0 ? room * 2 : pieceBytes
      bytes += whole
      if (whole > 0)
        yield { lines: parseLines(piece.toString('utf8', 0, whole).split('\n')), bytes }
    }
  } finally {
    await file.close()
  }
}

const pieceBytes = 64 * 1024

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function fits(line: StoredLine, filter: LogFilter): boolean {
  return (
    (filter.service === undefined || line.service === filter.service) &&
    (filter.release === undefined || line.release === filter.release) &&
    (filter.instance === undefined || line.instance === filter.instance) &&
    (filter.since === undefined || Date.parse(line.at) >= Date.parse(filter.since)) &&
    (filter.after === undefined || line.position > filter.after)
  )
}

const publicLine = ({ position, at, instance, service, release, text }: StoredLine): LogLine => ({
  position,
  at,
  instance,
  service,
  release,
  text,
})

/** A segment that was removed while it was looked for held lines that are no longer kept. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
