import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BuildNote } from '../model/build-note.ts'

const headBytes = 1024 * 1024
const segmentBytes = 512 * 1024
const tailLines = 50
/** Segments of the end that are kept while the next one is written. */
const tailsKept = 2

/** The most that one build's log takes: its head and its end. */
export const buildLogBytes = headBytes + (tailsKept + 1) * segmentBytes

/** Writes whole lines, one batch after the other, and goes on to the next segment when one is full. */
export class SegmentWriter {
  readonly newest: string[] = []
  #handle: FileHandle
  readonly #file: string
  readonly #tails: string[] = []
  #lines = 0
  #bytes = 0
  #limit = headBytes
  /** Writes wait for each other, so that lines of two streams do not mix. */
  #last: Promise<void> = Promise.resolve()

  constructor(file: string, handle: FileHandle) {
    this.#file = file
    this.#handle = handle
  }

  write(lines: string[]): Promise<void> {
    if (lines.length === 0) return this.#last
    const written = this.#last.then(() => this.#append(lines))
    // The writer that failed hears of it; the next one tries again.
    this.#last = written.catch(() => {})
    return written
  }

  async close(): Promise<void> {
    await this.#last
    await this.#handle.close()
  }

  async #append(lines: string[]): Promise<void> {
    this.newest.push(...lines)
    this.newest.splice(0, Math.max(0, this.newest.length - tailLines))
    const data = Buffer.from(`${lines.join('\n')}\n`)
    if (this.#bytes > 0 && this.#bytes + data.length > this.#limit) await this.#nextSegment()
    await this.#handle.appendFile(data)
    this.#bytes += data.length
    this.#lines += lines.length
  }

  async #nextSegment(): Promise<void> {
    const path = `${this.#file}.${this.#lines}`
    const next = await open(path, 'ax', 0o600)
    await this.#handle.close()
    this.#handle = next
    this.#bytes = 0
    this.#limit = segmentBytes
    this.#tails.push(path)
    if (this.#tails.length > tailsKept) await rm(this.#tails.shift() ?? path, { force: true })
  }
}

export type Segment = { path: string; firstLine: number }

/** Reads on from where it was, from segment to segment, while they are being written or dropped. */
export class SegmentReader {
  readonly #file: string
  #open: { segment: Segment; handle: FileHandle; position: number } | null = null
  #rest = Buffer.alloc(0)
  #lines = 0

  constructor(file: string) {
    this.#file = file
  }

  /** All lines there are now; `over` also gives a last line that a crash cut short. */
  async *read(over: boolean): AsyncGenerator<string | BuildNote> {
    while (true) {
      // Looked for before reading: a segment that has a successor is written no more.
      const next = await this.#next()
      yield* this.#readOpen()
      if (next === null) break
      yield* this.#takeRest()
      if (!(await this.#moveTo(next))) continue
      const lines = next.firstLine - this.#lines
      if (lines > 0) yield { is: 'left-out', lines }
      this.#lines = next.firstLine
    }
    if (over) yield* this.#takeRest()
  }

  async close(): Promise<void> {
    await this.#open?.handle.close()
    this.#open = null
  }

  async #next(): Promise<Segment | null> {
    const after = this.#open?.segment.firstLine ?? -1
    const segments = await segmentsOf(this.#file)
    return segments.find((segment) => segment.firstLine > after) ?? null
  }

  /** False when the segment was dropped between finding and opening it. */
  async #moveTo(segment: Segment): Promise<boolean> {
    try {
      const handle = await open(segment.path, 'r')
      await this.close()
      this.#open = { segment, handle, position: 0 }
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  async *#readOpen(): AsyncGenerator<string> {
    while (this.#open !== null) {
      const buffer = Buffer.alloc(64 * 1024)
      const { bytesRead } = await this.#open.handle.read(
        buffer,
        0,
        buffer.length,
        this.#open.position,
      )
      if (bytesRead === 0) return
      this.#open.position += bytesRead
      const data = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)])
      const end = data.lastIndexOf(0x0a) + 1
      this.#rest = data.subarray(end)
      if (end === 0) continue
      const lines = data
        .subarray(0, end - 1)
        .toString()
        .split('\n')
      this.#lines += lines.length
      yield* lines
    }
  }

  *#takeRest(): Generator<string> {
    if (this.#rest.length === 0) return
    this.#lines += 1
    yield this.#rest.toString()
    this.#rest = Buffer.alloc(0)
  }
}

/** The files of a log: its head, then its segments, by their first line. */
export async function segmentsOf(file: string): Promise<Segment[]> {
  const name = basename(file)
  const names = await readdir(dirname(file)).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const segments = names.flatMap((found) => {
    const firstLine = found === name ? 0 : Number(/^\.(\d+)$/.exec(found.slice(name.length))?.[1])
    return found.startsWith(name) && Number.isInteger(firstLine)
      ? [{ path: join(dirname(file), found), firstLine }]
      : []
  })
  return segments.sort((a, b) => a.firstLine - b.firstLine)
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
