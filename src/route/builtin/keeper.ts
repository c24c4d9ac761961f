import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../base/log.ts'
import { waitForEnd } from '../../base/process-end.ts'
import { callRouter, type Line, openLine, RouterSilent } from './control-client.ts'
import { runningRouter, startTimeOf } from './identity.ts'
import { alreadyRunning, type Identity, protocolVersion } from './protocol.ts'
import { problemOf, StartFailed, type StartOptions, startRouter } from './start.ts'

export type KeeperOptions = StartOptions & { log: Log }

/** Waits before the tries to start a router that died; the last one again and again. */
const backOffMs = [0, 100, 200, 400, 800, 1_000]

/** From hanging up to being gone. */
const goneWithinMs = 5_000

/** Keeps one router process running: adopts the one that is there, and starts another the moment it dies. */
export class Keeper {
  #line: Line | null = null
  #pid = 0
  #up: Promise<void> = Promise.resolve()
  #letGo = false
  #wake: () => void = () => {}
  readonly #listeners = new Set<() => void>()

  constructor(private readonly options: KeeperOptions) {}

  /** Throws `server.port-taken` or `server.start-failed` when there is no router after it. */
  async start(): Promise<void> {
    try {
      await this.#ensure()
    } catch (error) {
      throw await problemOf(error, this.options)
    }
  }

  /** Takes charge of the router that is there, wherever it listens, to end it; starts none. */
  async adoptAny(): Promise<void> {
    const running = await this.#running()
    if (running === null) return
    await this.#remember(running.pid)
    await this.#hold()
  }

  /** Resolves when a router is there, however often it must be started for it. */
  up(): Promise<void> {
    return this.#up
  }

  /** Whether nobody keeps the router running any more. */
  get isLetGo(): boolean {
    return this.#letGo
  }

  /** Process id of the router that is there, or was last. */
  get pid(): number {
    return this.#pid
  }

  /** The router did not answer as it should: looks whether it lives, and replaces it if not. */
  suspect(): void {
    this.#line?.hangUp()
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Stops keeping; the process goes on. */
  letGo(): void {
    this.#letGo = true
    this.#line?.hangUp()
    this.#wake()
  }

  /** Stops keeping and ends the process, which answers what is in flight first. Returns when it is gone. */
  async end(graceSeconds: number): Promise<void> {
    this.#letGo = true
    this.#wake()
    await this.#up // One that is being started right now must end as well.
    const line = this.#line
    if (line === null) return
    await this.#tellToEnd(graceSeconds)
    const over = setTimeout(() => void this.#killSilent(), (graceSeconds + 2) * 1000)
    await line.broken
    clearTimeout(over)
    // It hangs up a moment before it is gone.
    await waitForEnd(this.#pid, goneWithinMs)
  }

  /** Adopts or starts a router, and from then on notices its death. */
  async #ensure(): Promise<void> {
    if (!(await this.#adopt())) await this.#startNew()
    await this.#hold()
  }

  async #hold(): Promise<void> {
    const line = await openLine(this.options.folder)
    this.#line = line
    void line.broken.then(() => this.#lost(line))
  }

  async #adopt(): Promise<boolean> {
    const running = await this.#running()
    if (running === null) return false
    if (this.#isWanted(running)) {
      await this.#remember(running.pid)
      return true
    }
    const { protocol, host, port } = running
    this.options.log.info('replacing the running router', { protocol, host, port })
    await this.#tellToEnd(10)
    return false
  }

  async #running(): Promise<Identity | null> {
    try {
      return await runningRouter(this.options.folder)
    } catch (error) {
      if (!(error instanceof RouterSilent)) throw error
      await this.#killSilent()
      return null
    }
  }

  #isWanted({ protocol, host, port }: Identity): boolean {
    const { http } = this.options
    return protocol === protocolVersion && host === http.host && port === http.port
  }

  async #startNew(): Promise<void> {
    try {
      await this.#remember(await startRouter(this.options))
    } catch (error) {
      // One that an earlier server had just started was faster.
      const outrun = error instanceof StartFailed && error.code === alreadyRunning
      if (!outrun || !(await this.#adopt())) throw error
    }
  }

  #lost(line: Line): void {
    if (this.#line !== line) return
    this.#line = null
    if (this.#letGo) return
    this.#up = this.#revive(this.#pid)
  }

  async #revive(lostPid: number): Promise<void> {
    for (let attempt = 0; !this.#letGo; attempt++) {
      await this.#pause(backOffMs[Math.min(attempt, backOffMs.length - 1)] ?? 0)
      if (this.#letGo) return
      try {
        await this.#ensure()
        if (this.#pid === lostPid) return
        this.options.log.warn('the router had ended and was started again', { pid: this.#pid })
        for (const listener of this.#listeners) listener()
        return
      } catch (error) {
        this.options.log.error('the router cannot be started again', error)
      }
    }
  }

  #pause(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** It frees its addresses before it answers, and ends when nothing is in flight any more. */
  async #tellToEnd(graceSeconds: number): Promise<void> {
    const { folder, log } = this.options
    try {
      await callRouter(folder, 'POST /shutdown', { body: { graceSeconds }, timeoutMs: 2_000 })
    } catch (error) {
      log.warn('the router does not end when asked', { reason: String(error) })
      await this.#killSilent()
    }
  }

  /** Which process to end should it hang: kept on disk, since only a living one can be asked. */
  async #remember(pid: number): Promise<void> {
    this.#pid = pid
    const identity = { pid, startTime: await startTimeOf(pid) }
    await writeFile(this.#identityFile, `${JSON.stringify(identity)}\n`, { mode: 0o600 })
  }

  async #killSilent(): Promise<void> {
    const known = await readFile(this.#identityFile, 'utf8').catch(() => '{}')
    const { pid, startTime } = JSON.parse(known) as { pid?: number; startTime?: string | null }
    // Only if it is that very process still.
    if (pid === undefined || startTime == null || (await startTimeOf(pid)) !== startTime) return
    this.options.log.warn('the router hangs and is ended', { pid })
    process.kill(pid, 'SIGKILL')
  }

  get #identityFile(): string {
    return join(this.options.folder, 'router.json')
  }
}
