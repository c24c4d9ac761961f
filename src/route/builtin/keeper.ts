import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../base/log.ts'
import { waitForEnd } from '../../base/process-end.ts'
import { CallRefused, callRouter, type Line, openLine, RouterSilent } from './control-client.ts'
import { endElders } from './elders-left.ts'
import { runningRouter } from './identity.ts'
import { recordedProcess, recordProcess } from './process-record.ts'
import { alreadyRunning, handedOverStatus, type Identity, protocolVersion } from './protocol.ts'
import {
  commandOf,
  digestOf,
  problemOf,
  StartFailed,
  type StartOptions,
  startRouter,
} from './start.ts'
import { killGroup, supervisorFile } from './supervisor.ts'

/** `ending`: there is one that is not the wanted one; it has let go of its address. */
type Found = 'adopted' | 'ending' | 'none'

export type KeeperOptions = StartOptions & { log: Log }

/** Waits before the tries to start a router that died; the last one again and again. */
const backOffMs = [0, 100, 200, 400, 800, 1_000, 2_000, 5_000]

/** From hanging up to being gone. */
const goneWithinMs = 5_000
/** For a supervisor to have its router answer: at a start, when somebody waits, and later. */
const answersWithinMs = { start: 3_000, later: 30_000 }
const handOverWithinMs = 15_000

/**
 * Keeps one router running: adopts the one that is there, has it hand over to a newer program, and starts another when
 * neither the router nor its supervisor, which starts it again by itself, is left.
 */
export class Keeper {
  #line: Line | null = null
  #pid = 0
  #supervisor = 0
  #isOlder = false
  #up: Promise<void> = Promise.resolve()
  #letGo = false
  #wake: () => void = () => {}
  readonly #listeners = new Set<() => void>()
  /** What is to run. */
  #wanted: { program: string; digest: string }

  constructor(private readonly options: KeeperOptions) {
    this.#wanted = wish(options.program)
  }

  /** Throws `server.port-taken` or `server.start-failed` when there is no router after it. */
  async start(): Promise<void> {
    try {
      await this.#ensure(answersWithinMs.start)
    } catch (error) {
      throw await problemOf(error, this.options)
    }
  }

  /** Takes charge of the router that is there, wherever it listens, to end it; starts none. */
  async adoptAny(): Promise<void> {
    const running = await this.#running()
    if (running === null) return
    this.#remember(running)
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

  get isOlder(): boolean {
    return this.#isOlder
  }

  /** The router did not answer as it should: looks whether it lives, and replaces it if not. */
  suspect(): void {
    this.#line?.hangUp()
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Has the running router hand over to a router of `program` and returns when that one serves. Rejects when it does not
   * come up; then the running one serves on.
   */
  async handOver(program = this.options.program): Promise<void> {
    const older = this.#pid
    const before = this.#wanted
    this.#wanted = wish(program)
    try {
      await this.#askToHandOver()
    } catch (error) {
      this.#wanted = before
      throw error
    }
    // The line to the older one breaks, by which the newer one is found.
    while (this.#line !== null && this.#pid === older) await this.#line.broken
    await this.#up
  }

  /** Stops keeping; the processes go on. */
  letGo(): void {
    this.#letGo = true
    this.#line?.hangUp()
    this.#wake()
  }

  /** Stops keeping and ends the processes, which answer what is in flight first. Returns when they are gone. */
  async end(graceSeconds: number): Promise<void> {
    this.#letGo = true
    this.#wake()
    await this.#up // One that is being started right now must end as well.
    const line = this.#line
    const supervisor = recordedProcess(this.#supervisorFile)
    if (line !== null) {
      await this.#tellToEnd(graceSeconds)
      const over = setTimeout(() => this.#killSilent(), (graceSeconds + 2) * 1000)
      await line.broken
      clearTimeout(over)
      // It hangs up a moment before it is gone.
      await waitForEnd(this.#pid, goneWithinMs)
      // While it is handing over, the recorded supervisor is the newer router's.
      if (this.#supervisor > 0) await waitForEnd(this.#supervisor, goneWithinMs)
    }
    if (supervisor !== null) await this.#endSupervisor(supervisor)
    await endElders(this.options.folder, graceSeconds)
  }

  /** Adopts or starts a router, and from then on notices its death. */
  async #ensure(withinMs: number): Promise<void> {
    let found = await this.#adopt()
    if (found === 'none') found = await this.#awaited(withinMs)
    if (found !== 'adopted') await this.#startNew()
    await this.#hold()
  }

  async #hold(): Promise<void> {
    const line = await openLine(this.options.folder)
    this.#line = line
    void line.broken.then(() => this.#lost(line))
  }

  async #adopt(): Promise<Found> {
    const running = await this.#running()
    if (running === null) return 'none'
    const { protocol, host, port, program } = running
    const { http, log } = this.options
    const isInPlace = host === http.host && port === http.port
    if (isInPlace && protocol === protocolVersion && program === this.#wanted.digest) {
      this.#remember(running)
      return 'adopted'
    }
    if (isInPlace && program !== undefined) return this.#renew(running)
    log.info('replacing the running router', { protocol, host, port })
    await this.#tellToEnd(10)
    return 'ending'
  }

  /** A newer program takes over; where it does not come up, what serves is kept as long as it can be spoken with. */
  async #renew(running: Identity): Promise<Found> {
    const { log } = this.options
    log.info('the running router is of another program and hands over', { pid: running.pid })
    try {
      await this.#askToHandOver()
    } catch (error) {
      log.error('the newer router does not come up: the running one serves on', error)
      if (running.protocol !== protocolVersion)
        throw new StartFailed('', error instanceof Error ? error.message : String(error))
    }
    const serving = await this.#running()
    if (serving === null) return 'none'
    this.#remember(serving)
    return 'adopted'
  }

  async #askToHandOver(): Promise<void> {
    const { folder, log } = this.options
    const { program, digest } = this.#wanted
    const body = { command: commandOf({ ...this.options, program }, digest) }
    try {
      const timeoutMs = handOverWithinMs
      const { pid } = await callRouter(folder, 'POST /hand-over', { body, timeoutMs })
      log.info('the router has handed over to a newer one', { pid })
    } catch (error) {
      // Somebody else may have had it hand over at the same time.
      const isAnswer = error instanceof CallRefused && error.status !== handedOverStatus
      const running = isAnswer ? null : await this.#running()
      if (running?.program !== digest) throw error
    }
  }

  /** Waits for a supervisor to start its router again; one that does not get it to answer is ended. */
  async #awaited(withinMs: number): Promise<Found> {
    const supervisor = recordedProcess(this.#supervisorFile)
    if (supervisor === null) return 'none'
    const told = performance.now() + answersWithinMs.start
    const until = performance.now() + withinMs
    let isTold = false
    while (performance.now() < until && !this.#letGo) {
      if (recordedProcess(this.#supervisorFile) !== supervisor) return 'none'
      const found = await this.#adopt()
      if (found !== 'none') return found
      if (!isTold && performance.now() > told) {
        isTold = true
        const why = `no answer for ${answersWithinMs.start} ms; router.log may say more`
        this.options.log.error('the router does not come up again', why, { supervisor })
      }
      await delay(25)
    }
    // It goes on trying without this keeper.
    if (this.#letGo) throw new StartFailed('', 'nobody waits for it any more')
    await this.#endSupervisor(supervisor)
    return 'none'
  }

  async #running(): Promise<Identity | null> {
    try {
      return await runningRouter(this.options.folder)
    } catch (error) {
      if (!(error instanceof RouterSilent)) throw error
      this.#killSilent()
      return null
    }
  }

  async #startNew(): Promise<void> {
    try {
      await startRouter({ ...this.options, program: this.#wanted.program })
    } catch (error) {
      // One that an earlier server had just started was faster.
      const outrun = error instanceof StartFailed && outrunCodes.has(error.code)
      if (!outrun || (await this.#awaited(answersWithinMs.start)) !== 'adopted') throw error
      return
    }
    const started = await this.#running()
    if (started === null) throw new StartFailed('', 'it ended as soon as it listened')
    this.#remember(started)
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
        await this.#ensure(answersWithinMs.later)
        if (this.#pid === lostPid) return
        this.options.log.warn('another router serves now', { before: lostPid, pid: this.#pid })
        for (const listener of this.#listeners) listener()
        return
      } catch (error) {
        if (this.#letGo) return
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
      this.#killSilent()
    }
  }

  /** A supervisor whose router is gone has nothing more to do. */
  async #endSupervisor(pid: number): Promise<void> {
    if (recordedProcess(this.#supervisorFile) !== pid) return
    process.kill(pid, 'SIGTERM')
    if (await waitForEnd(pid, goneWithinMs)) return
    this.options.log.warn('the supervisor hangs and is ended', { pid })
    killGroup(pid)
    await waitForEnd(pid, goneWithinMs)
  }

  /** Which processes to end should they hang: kept on disk, since only living ones can be asked. */
  #remember({ pid, supervisor, program }: Identity): void {
    this.#pid = pid
    this.#supervisor = supervisor ?? 0
    this.#isOlder = program !== this.#wanted.digest
    try {
      recordProcess(this.#identityFile, pid)
      if (supervisor) recordProcess(this.#supervisorFile, supervisor)
    } catch (error) {
      // It serves all the same; only when it hangs one day it cannot be told from another process.
      this.options.log.warn('which process the router is cannot be kept', { reason: String(error) })
    }
  }

  #killSilent(): void {
    const pid = recordedProcess(this.#identityFile)
    if (pid === null) return
    this.options.log.warn('the router hangs and is ended', { pid })
    process.kill(pid, 'SIGKILL')
  }

  get #identityFile(): string {
    return join(this.options.folder, 'router.json')
  }

  get #supervisorFile(): string {
    return supervisorFile(this.options.folder)
  }
}

const wish = (program: string) => ({ program, digest: digestOf(program) })

const outrunCodes = new Set([alreadyRunning, 'EADDRINUSE'])
