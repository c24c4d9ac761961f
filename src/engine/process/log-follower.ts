import { chmodSync, closeSync, fstatSync, openSync, read } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Log } from '../../base/log.ts'
import type { LogLine } from '../../model/instance.ts'
import { type LogBook, segmentBytes, segmentsKept } from '../log/log-book.ts'
import { type CutLine, cutLines } from '../log/log-lines.ts'
import type { OutputSpace } from './output-space.ts'

export type OutputSource = Pick<LogLine, 'instance' | 'service' | 'release'>

/** What one poll may take, so that a flood of one instance leaves time for all others. */
const pollBytes = 1024 * 1024
const pollLines = 5_000
/** What is taken in one turn of the event loop. */
const sliceBytes = 64 * 1024
const sliceLines = 1_000
/** The log would not keep more than this of it anyway. */
const backlogBytes = segmentBytes * segmentsKept
/** Freed at once when so much was read, and otherwise when the program is quiet. */
const freeBytes = 256 * 1024
const drainMs = 2_000

const readAt = promisify(read)

/** A program may take the rights of its own output away (`chmod 0 /dev/stdout`), which must not keep the server from starting. */
function openOutput(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    chmodSync(file, 0o600)
    return openSync(file, 'r')
  }
}

/** Reads what an instance writes into its output file, and hands it to the log of its environment. */
export class OutputFollower {
  readonly #file: string
  readonly #descriptor: number
  readonly #source: OutputSource
  readonly #book: LogBook
  readonly #space: OutputSpace
  readonly #log: Log
  /** All before it is in the log. */
  #offset: number
  #freed: number
  /** Size at which everything but an unfinished line had been read. */
  #seen = -1
  #turn: Promise<void> = Promise.resolve()
  #busy = false
  #failed = false
  #closed = false

  constructor(file: string, source: OutputSource, book: LogBook, space: OutputSpace, log: Log) {
    this.#file = file
    this.#descriptor = openOutput(file)
    this.#source = source
    this.#book = book
    this.#space = space
    this.#log = log
    this.#offset = book.offsetOf(source.instance)
    this.#freed = 0 // Freeing what is free already costs nothing.
  }

  /** Begins to read if there is something new. Cheap when there is not. */
  poll(): void {
    if (this.#busy || this.#closed || this.#size() === this.#seen) return
    void this.#inTurn(() => this.#read({ final: false, bytes: pollBytes, lines: pollLines }))
  }

  /** Reads all there is now, an unfinished last line too: its program has ended. Of a flood only the end, after 2 s. */
  async drain(): Promise<void> {
    const deadline = performance.now() + drainMs
    await this.#inTurn(async () => {
      while (this.#size() > this.#offset) {
        if (performance.now() > deadline) await this.#skip(this.#size() - sliceBytes)
        await this.#read({ final: true, bytes: pollBytes, lines: pollLines })
      }
    })
  }

  /** Stops reading, after what is being read now. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#turn
    closeSync(this.#descriptor)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      this.#busy = true
      try {
        await work()
        this.#failed = false
      } catch (error) {
        // Nothing is lost: the same is read again with the next poll, when there is room on the disk, say.
        if (!this.#failed)
          this.#log.error('output cannot be read into the log', error, { ...this.#source })
        this.#failed = true
      } finally {
        this.#busy = false
      }
    })
    return this.#turn
  }

  async #read(most: { final: boolean; bytes: number; lines: number }): Promise<void> {
    let { bytes, lines } = most
    while (bytes > 0 && lines > 0) {
      // Looked at before each slice: a program may write a gigabyte in the time that a whole poll takes.
      const size = this.#size()
      if (size - this.#offset > backlogBytes) await this.#skip(size - segmentBytes)
      const piece = await this.#piece(size)
      const cut = cutLines(piece, most.final && this.#offset + piece.length >= size, sliceLines)
      if (cut.length === 0) {
        this.#seen = size
        break
      }
      const taken = cut.reduce((sum, line) => sum + line.bytes, 0)
      await this.#append(cut)
      bytes -= taken
      lines -= cut.length
      if (this.#offset - this.#freed >= freeBytes) await this.#free()
      await nextTurn()
    }
    if (this.#size() === this.#offset && this.#offset - this.#freed >= sliceBytes)
      await this.#free()
  }

  async #piece(size: number): Promise<Buffer> {
    const length = Math.max(0, Math.min(sliceBytes, size - this.#offset))
    if (length === 0) return Buffer.alloc(0)
    const { bytesRead, buffer } = await readAt(
      this.#descriptor,
      Buffer.alloc(length),
      0,
      length,
      this.#offset,
    )
    return buffer.subarray(0, bytesRead)
  }

  async #append(cut: CutLine[]): Promise<void> {
    let end = this.#offset
    const lines = cut.map(({ text, bytes }) => {
      end += bytes
      return { ...this.#source, text, end }
    })
    await this.#book.append(lines)
    this.#offset = end
  }

  /** Leaves out what the log could not keep, and says so in the log. */
  async #skip(to: number): Promise<void> {
    if (to <= this.#offset) return
    const text = `[naru] ${to - this.#offset} bytes of output left out: written faster than they can be kept`
    await this.#book.append([{ ...this.#source, text, end: to }])
    this.#offset = to
    await this.#free()
  }

  async #free(): Promise<void> {
    const outcome = await this.#space.free(this.#file, this.#freed, this.#offset)
    if (outcome === 'cut') this.#restart()
    if (outcome === 'freed') this.#freed = this.#offset
  }

  /** The file was emptied, by us or by its program. */
  #restart(): void {
    this.#offset = 0
    this.#freed = 0
    this.#seen = -1
  }

  /** Length of the file now; if that is less than was read, reading begins anew. */
  #size(): number {
    const { size } = fstatSync(this.#descriptor)
    if (size < this.#offset) this.#restart()
    return size
  }
}
