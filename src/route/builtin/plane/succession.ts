import type { Server } from 'node:net'
import { resolve } from 'node:path'
import type { Log } from '../../../base/log.ts'
import { type HandOver, handedOverStatus } from '../protocol.ts'
import { ownName, socketPath } from '../socket-path.ts'
import { Refused } from './control.ts'
import { Elders } from './elders.ts'
import { answers, controlHolder, leaveControl, takeControl } from './generations.ts'
import { descriptorOf } from './sockets.ts'

export type SuccessionOptions = {
  folder: string
  log: Log
  /** The server whose socket a newer router inherits. */
  listener: Server
  /** Whether a supervisor started this router. */
  isSupervised: boolean
  /** Lets no table change while a newer router reads the one on disk. */
  inTurn<T>(change: () => Promise<T>): Promise<T>
  /** Writes the table that is being served once more, since a newer router reads it and a file may have been damaged. */
  keepTable(): Promise<void>
  /** Called once, when another router serves from now on. */
  stepAside(): void
}

/** How often it looks whether its supervisor is there and the control socket leads here. */
const lookEveryMs = 1_000
const healAgainAfterMs = 30_000

/**
 * Which of a folder's routers serves: the one that the control socket leads to. The others are elders, which live on for
 * what they have in flight.
 */
export class Succession {
  readonly elders: Elders
  readonly #parent = process.ppid
  #isElder = false
  #isHandingOver = false
  #isEnding = false
  /** Ends the newer router that is being started. */
  #abort: () => void = () => {}
  #looking: NodeJS.Timeout | undefined
  #nextHealMs = 0
  /** Another router that the control socket led to at the last look. */
  #rival: number | null = null

  constructor(private readonly options: SuccessionOptions) {
    this.elders = new Elders(options.folder, options.log)
  }

  get isElder(): boolean {
    return this.#isElder
  }

  /** Process id of what starts this router again when it dies; 0 if nothing does. */
  get supervisor(): number {
    const isThere = this.options.isSupervised && process.ppid === this.#parent && this.#parent > 1
    return isThere ? this.#parent : 0
  }

  /** This router serves from now on. */
  async begin(): Promise<void> {
    await takeControl(this.options.folder, process.pid)
    this.elders.trim()
    this.#looking = setInterval(() => void this.#look(), lookEveryMs)
    this.#looking.unref()
  }

  /** Refuses what only the router that serves may answer. */
  requireServing(): void {
    if (this.#isElder)
      throw new Refused(handedOverStatus, { reason: 'it has handed over to a newer router' })
    if (this.#isEnding) throw new Refused(503, { reason: 'it is ending' })
  }

  /** Refuses what another router, which has taken the control socket meanwhile, would not know of. */
  requireControl(): void {
    const holder = controlHolder(this.options.folder)
    if (holder === null || holder === process.pid) return
    throw new Refused(handedOverStatus, { reason: 'another router has taken over' })
  }

  /** Refuses the last word of an elder that would be lost: it is said again to the newer router. */
  requireSettled(): void {
    this.requireServing()
    if (this.#isHandingOver)
      throw new Refused(handedOverStatus, { reason: 'it is handing over right now' })
  }

  /** Starts a newer router on the same socket; when that one serves, this one is an elder. Else it serves on, and this rejects. */
  handOver(wish: HandOver): Promise<{ pid: number }> {
    return this.options.inTurn(() => this.#handOver(wish))
  }

  async #handOver(wish: HandOver): Promise<{ pid: number }> {
    this.requireServing()
    const { folder, log, listener } = this.options
    const command = commandFor(wish)
    const start = { folder, command, socket: descriptorOf(listener), after: process.pid }
    this.#isHandingOver = true
    try {
      // Where it cannot be written, the file still has what was written last.
      await this.options.keepTable().catch(() => {})
      const { startSuccessor } = await import('./hand-over.ts')
      const { pid, elders } = await startSuccessor(start, this.supervisor, ({ kill }) => {
        this.#abort = kill
        if (this.#isEnding) kill()
      })
      log.info('handed over to a newer router', { pid })
      this.#step(elders)
      return { pid }
    } catch (error) {
      log.error('the newer router does not come up: this one goes on', error)
      if (!this.#isEnding) await takeControl(folder, process.pid) // In case it had come that far; it is dead now.
      throw new Refused(500, { reason: error instanceof Error ? error.message : String(error) })
    } finally {
      this.#isHandingOver = false
      this.#abort = () => {}
    }
  }

  /** It is to end: a newer router that does not serve yet is ended before it. */
  async end(): Promise<void> {
    this.#isEnding = true
    clearInterval(this.#looking)
    this.#abort()
    await this.options.inTurn(async () => {})
  }

  /** Has the supervisor give the address free, start nothing again, and end when this process has. */
  releaseSupervisor(): void {
    if (this.supervisor > 0) process.kill(this.supervisor, 'SIGTERM')
  }

  leave(): Promise<void> {
    return leaveControl(this.options.folder, process.pid)
  }

  #step(elders: readonly number[]): void {
    this.#isElder = true
    clearInterval(this.#looking)
    this.elders.leaveTo(elders)
    // It holds the socket open, and would start this router again: neither is its business any more.
    if (this.supervisor > 0) process.kill(this.supervisor, 'SIGKILL')
    this.options.stepAside()
  }

  /** Puts right what somebody else broke. */
  async #look(): Promise<void> {
    const { folder, log, isSupervised } = this.options
    if (this.#isHandingOver || this.#isElder || this.#isEnding) return
    try {
      const holder = controlHolder(folder)
      if (holder !== process.pid) {
        if (!(await this.#answers(holder))) await takeControl(folder, process.pid)
        // One that was only just dying when it was seen is not seen again.
        else if (holder === this.#rival) return this.#step([])
      }
      this.#rival = holder === process.pid ? null : holder
      await this.elders.refresh()
      if (isSupervised && this.supervisor === 0 && performance.now() >= this.#nextHealMs) {
        this.#nextHealMs = performance.now() + healAgainAfterMs
        log.warn('the supervisor is gone: handing over to a router that has one')
        await this.handOver({})
      }
    } catch (error) {
      log.error('the router cannot put things right', error)
    }
  }

  async #answers(holder: number | null): Promise<boolean> {
    return holder !== null && answers(socketPath(this.options.folder, ownName(holder)))
  }
}

/** The command of the wish; what it leaves open is as this process was started. */
function commandFor({ command, program }: HandOver): string[] {
  if (command !== undefined && command.length > 0) return command
  const [own = '', ...rest] = process.argv.slice(1)
  const started = [process.execPath, ...process.execArgv]
  if (program === undefined) return [...started, own, ...rest]
  // Which program it is, as the arguments say it, is true of this process alone.
  const at = rest.indexOf('--program')
  const others = at < 0 ? rest : [...rest.slice(0, at), ...rest.slice(at + 2)]
  return [...started, resolve(program), ...others]
}
