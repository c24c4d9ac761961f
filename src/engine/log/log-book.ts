import { EventEmitter } from 'node:events'
import { appendFile, mkdir, truncate, unlink } from 'node:fs/promises'
import type { InstanceId, LogLine } from '../../model/instance.ts'
import {
  beginSegment,
  findSegments,
  type Offsets,
  readSegment,
  type Segment,
} from './log-segment.ts'

export const segmentBytes = 1024 * 1024
export const segmentsKept = 16

export type NewLine = Omit<LogLine, 'position' | 'at'> & { end: number }

/**
 * The log of one environment: the newest lines of all its instances in segments of 1 MiB, of which 16 are kept.
 * Each line carries how far it read its source, so that after a crash none is lost and none is there twice.
 */
export class LogBook {
  readonly folder: string
  readonly segments: Segment[]
  readonly #changed = new EventEmitter().setMaxListeners(0)
  readonly #offsets: Offsets
  #next: number
  #bytes: number
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(
    folder: string,
    segments: Segment[],
    next: number,
    offsets: Offsets,
    bytes: number,
  ) {
    this.folder = folder
    this.segments = segments
    this.#next = next
    this.#offsets = offsets
    this.#bytes = bytes
  }

  static async open(folder: string): Promise<LogBook> {
    const segments = await findSegments(folder)
    const newest = segments.at(-1)
    if (newest === undefined) return new LogBook(folder, [], 1, new Map(), 0)
    const { lines, offsets, bytes } = await readSegment(newest, true)
    const next = (lines.at(-1)?.position ?? newest.position - 1) + 1
    return new LogBook(folder, segments, next, offsets, bytes)
  }

  /** Position that the next line will get. */
  get next(): number {
    return this.#next
  }

  get closed(): boolean {
    return this.#closed
  }

  /** How far the output of an instance has been read into this log. */
  offsetOf(instance: InstanceId): number {
    return this.#offsets.get(instance) ?? 0
  }

  /** Adds lines, all or none; one call after the other. */
  append(lines: NewLine[]): Promise<void> {
    const turn = this.#turn.then(() => this.#append(lines))
    this.#turn = turn.catch(() => {}) // The caller of this turn is told; the next one tries anew.
    return turn
  }

  /** The instance is gone and its output too: nothing will be read on. */
  forget(instance: InstanceId): void {
    this.#offsets.delete(instance)
  }

  /** Of any other instance nothing is left that could be read on: it went with a server that could not say so. */
  keepOffsets(isThere: (instance: InstanceId) => boolean): void {
    for (const instance of this.#offsets.keys())
      if (!isThere(instance)) this.#offsets.delete(instance)
  }

  /** Resolves when there are lines at or after the position, when the signal fires, or at the end of this server. */
  async reached(position: number, signal?: AbortSignal): Promise<void> {
    if (this.#next > position || this.#closed || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#changed.off('changed', done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#changed.on('changed', done)
      signal?.addEventListener('abort', done)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turn
    this.#changed.emit('changed')
  }

  async #append(lines: NewLine[]): Promise<void> {
    const at = new Date().toISOString()
    const segment = await this.#segment(at)
    const stored = lines.map((line, index) => ({ position: this.#next + index, at, ...line }))
    const text = stored.map((line) => `${JSON.stringify(line)}\n`).join('')
    try {
      await appendFile(segment.file, text, { mode: 0o600 })
    } catch (error) {
      await truncate(segment.file, this.#bytes)
      throw error
    }
    this.#bytes += Buffer.byteLength(text)
    this.#next += lines.length
    for (const { instance, end } of lines) this.#offsets.set(instance, end)
    this.#changed.emit('changed')
  }

  /** The segment to write to; a full one is followed by the next, and the oldest goes. */
  async #segment(at: string): Promise<Segment> {
    const newest = this.segments.at(-1)
    if (newest !== undefined && this.#bytes < segmentBytes) return newest
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    const number = (newest?.number ?? 0) + 1
    const { segment, bytes } = await beginSegment(
      this.folder,
      { number, position: this.#next, at },
      this.#offsets,
    )
    this.segments.push(segment)
    this.#bytes = bytes
    while (this.segments.length > segmentsKept) {
      const [oldest] = this.segments.splice(0, 1)
      if (oldest !== undefined) await unlink(oldest.file)
    }
    return segment
  }
}
