import type { Readable } from 'node:stream'
import type { Log } from '../../base/log.ts'
import type { LogLine } from '../../model/instance.ts'
import type { LogBook } from '../log/log-book.ts'
import { pause } from '../pause.ts'
import { type Daemon, isStatus, refusalOf } from './daemon.ts'
import { type LogFrame, LogFrames } from './log-frames.ts'

export type OutputSource = Pick<LogLine, 'instance' | 'service' | 'release'>

export type ContainerOutput = {
  /** Its program has begun, for the first time or again: what it writes is read from now on. */
  again(): void
  /** Reads all there is: its program has ended. */
  drain(): Promise<void>
  /** Stops reading, after what is being read now. */
  close(): Promise<void>
}

const againMs = 500
const drainMs = 5_000

/** Reads what a container writes into the log of its environment, on from where an earlier server was. */
export const followOutput = (
  daemon: Daemon,
  { container, source }: { container: string; source: OutputSource },
  book: LogBook,
  log: Log,
): ContainerOutput => new Follower(daemon, container, source, book, log)

class Follower implements ContainerOutput {
  readonly #position: Position
  readonly #closing = new AbortController()
  #following: Promise<void> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #isTold = false

  constructor(
    private readonly daemon: Daemon,
    private readonly container: string,
    private readonly source: OutputSource,
    private readonly book: LogBook,
    private readonly log: Log,
  ) {
    this.#position = new Position(book.offsetOf(source.instance))
  }

  again(): void {
    this.#following ??= this.#follow().finally(() => {
      this.#following = null
    })
  }

  async drain(): Promise<void> {
    const late = new AbortController()
    const following = this.#following ?? Promise.resolve()
    await Promise.race([following, pause(drainMs, late.signal)])
    late.abort()
    // The daemon may end a stream before it has sent what was written last.
    await this.#readRest().catch((error) => this.#failed(error))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#following
    await this.#turn
  }

  /** Until the container has ended, however often the daemon goes away meanwhile. */
  async #follow(): Promise<void> {
    for (;;) {
      try {
        await this.#read()
        this.#isTold = false
        if (!(await this.#isRunning())) return
      } catch (error) {
        if (this.#closing.signal.aborted || isStatus(error, 404)) return
        this.#failed(error)
      }
      if (!(await pause(againMs, this.#closing.signal))) return
    }
  }

  async #isRunning(): Promise<boolean> {
    const { State } = await this.daemon.call((docker, abortSignal) =>
      docker.getContainer(this.container).inspect({ abortSignal }),
    )
    return State.Running
  }

  async #read(): Promise<void> {
    const stream = await this.#open()
    const frames = new LogFrames()
    this.#position.readAgain()
    try {
      for await (const chunk of stream) {
        const taken = frames.take(chunk as Buffer)
        await this.#inTurn(() => this.#append(taken))
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error
    } finally {
      stream.destroy()
    }
  }

  async #readRest(): Promise<void> {
    const rest: unknown = await this.daemon.call((docker, abortSignal) =>
      docker.getContainer(this.container).logs({ ...this.#wanted(), follow: false, abortSignal }),
    )
    await this.#inTurn(() => {
      this.#position.readAgain()
      return this.#append(new LogFrames().take(rest as Buffer))
    })
  }

  async #open(): Promise<Readable> {
    const found: unknown = await this.daemon.call((docker) =>
      docker
        .getContainer(this.container)
        .logs({ ...this.#wanted(), follow: true, abortSignal: this.#closing.signal }),
    )
    return found as Readable
  }

  #wanted() {
    return { stdout: true, stderr: true, timestamps: true, since: this.#position.since }
  }

  async #append(frames: readonly LogFrame[]): Promise<void> {
    const lines = frames.flatMap(({ atMicros, text }) => {
      const end = this.#position.next(atMicros)
      return end === null ? [] : [{ ...this.source, text, end }]
    })
    if (lines.length > 0) await this.book.append(lines)
  }

  /** One failure is told once: the same is read again when that is possible. */
  #failed(error: unknown): void {
    if (!this.#isTold)
      this.log.warn('output cannot be read into the log', {
        ...this.source,
        reason: refusalOf(error),
      })
    this.#isTold = true
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {}) // Whoever asked for it is told.
    return turn
  }
}

/** How many lines of one microsecond can be told apart in a number: more bits a double does not have. */
const inOneMicro = 4

/**
 * How far a log has been read, as one number that only grows: microseconds since 1970, and which line of that microsecond
 * in quarters.
 */
class Position {
  #last: number
  #micros = 0
  #index = 0

  constructor(last: number) {
    this.#last = last
  }

  /** From where the daemon is asked: the line that was read last is sent again. */
  get since(): number {
    return Math.floor(this.#last) / 1_000_000
  }

  /** The daemon sends from `since` on. */
  readAgain(): void {
    this.#micros = 0
    this.#index = 0
  }

  /** Of the next line in its turn; null when it was read before. */
  next(atMicros: number): number | null {
    this.#index = atMicros === this.#micros ? this.#index + 1 : 0
    this.#micros = atMicros
    const position = atMicros + Math.min(this.#index, inOneMicro - 1) / inOneMicro
    if (position < this.#last || (position === this.#last && this.#index < inOneMicro)) return null
    this.#last = position
    return position
  }
}
