import { NaruError } from '../../base/error.ts'
import { pause } from '../pause.ts'
import { isStatus, refusalOf } from './daemon.ts'
import { removeContainer, signalTo } from './ending.ts'
import type { ContainerOutput } from './output.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** Between two tries to reach a daemon that does not answer. */
const unreachedMs = 500
const longestWaitMs = 60_000

/** Ends a container: its stop signal, the grace, SIGKILL; then it is removed. However long the daemon is away meanwhile. */
export class ContainerEnding {
  #killAtMs = Number.POSITIVE_INFINITY
  #hurry: () => void = () => {}

  constructor(
    private readonly around: DockerSurroundings,
    private readonly container: string,
    private readonly stopSignal: string,
  ) {}

  /** So long it may take; of several the shortest counts. */
  within(graceSeconds: number): void {
    this.#killAtMs = Math.min(this.#killAtMs, performance.now() + graceSeconds * 1000)
    this.#hurry()
  }

  /** Resolves when nothing is left of it, and all that it wrote is read. Throws when the engine is closed. */
  async end(output: ContainerOutput): Promise<void> {
    await this.#persistently(() => signalTo(this.around, this.container, this.stopSignal))
    let isKilled = false
    while (!(await this.#persistently(() => this.#hasEnded()))) {
      if (isKilled || performance.now() < this.#killAtMs) continue
      await this.#persistently(() => signalTo(this.around, this.container, 'SIGKILL'))
      isKilled = true
    }
    await output.drain()
    await this.#persistently(() => removeContainer(this.around, this.container))
  }

  /** Waits until it has ended, or its time is up, or a shorter one was given. */
  async #hasEnded(): Promise<boolean> {
    const waiting = new AbortController()
    const leftMs = Math.min(Math.max(this.#killAtMs - performance.now(), 100), longestWaitMs)
    const timer = setTimeout(() => waiting.abort(), leftMs)
    this.#hurry = () => waiting.abort()
    try {
      await this.around.daemon.docker
        .getContainer(this.container)
        .wait({ condition: 'not-running', abortSignal: waiting.signal })
      return true
    } catch (error) {
      if (isStatus(error, 404)) return true
      if (waiting.signal.aborted) return false
      throw error
    } finally {
      clearTimeout(timer)
      this.#hurry = () => {}
    }
  }

  /** Until the daemon answers: who is told to stop is stopped, however long it takes for that to come true. */
  async #persistently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.around.closing.aborted) throw new Error('the engine was closed')
      try {
        return await work()
      } catch (error) {
        this.around.log.warn('a container cannot be ended yet', {
          container: this.container,
          reason: error instanceof NaruError ? error.code : refusalOf(error),
        })
        await pause(unreachedMs, this.around.closing)
      }
    }
  }
}
