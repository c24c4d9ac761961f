import { isFull } from '../../base/disk.ts'
import { NaruError } from '../../base/error.ts'
import { bootId, usageOf } from '../../base/processes.ts'
import { type Exit, type Instance, type InstanceId, sayExit } from '../../model/instance.ts'
import type { SetSpec } from '../../model/set.ts'
import { Backoff } from '../backoff.ts'
import type { Usage } from '../engine.ts'
import type { LogBook } from '../log/log-book.ts'
import { Belongings } from './belongings.ts'
import { type Ending, untilEmpty } from './ending.ts'
import type { ProcessGroup } from './group.ts'
import { exitOf, settleRun, whyNotStarted } from './launcher.ts'
import { type InstanceRecord, newRecord } from './record.ts'
import { Run, type RunEnd } from './run.ts'
import type { InSlug } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * `up`: its program runs. `ending`: it has ended, and what it wrote last is being read. `down`: it waits for its
 * next start, or what it left behind is being ended. `gone`: nothing is left of the instance.
 */
type Phase = 'up' | 'ending' | 'down' | 'gone'

/** One instance from its first start to its end, over any number of runs of its program and of servers. */
export class ProcessInstance {
  readonly #around: Surroundings
  readonly #belongings: Belongings
  readonly #backoff = new Backoff()
  /** Null until somebody wants the set: only then its environment is known. */
  #spec: InSlug<SetSpec> | null = null
  #phase: Phase = 'down'
  /** The latest; what it left running may be alive when its program is not. */
  #run: Run | null = null
  #lastExit: Exit | null = null
  /** Why it could not be started. */
  #failure: string | null = null
  #endedByItself = false
  #sweeping = false
  #restart: NodeJS.Timeout | null = null
  #stopped: Promise<void> | null = null
  #killAtMs = Number.POSITIVE_INFINITY
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(around: Surroundings, record: InstanceRecord, book: LogBook) {
    this.#around = around
    this.#belongings = new Belongings(around, record, book)
  }

  /** Makes an instance of a set and starts it. Leaves nothing behind if it throws. */
  static async begin(
    around: Surroundings,
    id: InstanceId,
    spec: InSlug<SetSpec>,
    book: LogBook,
  ): Promise<ProcessInstance> {
    const instance = new ProcessInstance(around, newRecord(id, spec), book)
    instance.#spec = spec
    try {
      await instance.#inTurn(() => instance.#start(spec))
    } catch (error) {
      await instance.#remove()
      if (error instanceof NaruError) throw error
      throw new NaruError('engine.start-failed', { instance: id, reason: whyNotStarted(error) })
    }
    return instance
  }

  /** Takes over the instance of a server that is gone, alive or not. */
  static async adopt(
    around: Surroundings,
    record: InstanceRecord,
    book: LogBook,
  ): Promise<ProcessInstance> {
    const instance = new ProcessInstance(around, record, book)
    await instance.#adopt()
    return instance
  }

  get id(): InstanceId {
    return this.record.id
  }

  get record(): Readonly<InstanceRecord> {
    return this.#belongings.record
  }

  /** Resolves when it is known how an adopted instance is. */
  get looked(): Promise<void> {
    return this.#run?.health?.looked ?? Promise.resolve()
  }

  get isStopping(): boolean {
    return this.record.stopping !== null || this.#stopped !== null
  }

  get isGone(): boolean {
    return this.#phase === 'gone'
  }

  view(): Instance {
    const { id, set, port, restarts, startedAt } = this.record
    const run = this.#phase === 'down' ? null : this.#run
    const seen = run?.health ?? null
    const health = this.isStopping ? 'stopping' : (seen?.health ?? 'down')
    return {
      id,
      set,
      address: { host: '127.0.0.1', port },
      health,
      healthyForMs: health === 'healthy' ? (seen?.healthyForMs ?? 0) : 0,
      restarts,
      lastExit: this.#lastExit,
      reason: seen === null ? this.#whyDown() : seen.reason,
      listening: seen?.listening ?? [],
      startedAt,
      pid: run?.group?.leader.pid ?? null,
    }
  }

  /** Null while its program does not run. */
  usage(): Usage | null {
    const members = this.#run?.group?.members() ?? []
    if (this.#phase !== 'up' || members.length === 0) return null
    const limits = { cpu: null, memoryBytes: null, processes: null }
    return { instance: this.id, ...usageOf(members), processes: members.length, limits }
  }

  /** What its program was started with; null while it is down, or until its set is wanted again after a restart of the server. */
  get runningSpec(): InSlug<SetSpec> | null {
    return this.#phase === 'up' ? this.#spec : null
  }

  /** From now on it is known how to start it again; if it is down and nothing else will, that happens now. */
  provide(spec: InSlug<SetSpec>): void {
    this.#spec = spec
    if (this.#phase !== 'down' || this.#restart !== null || this.#sweeping || this.isStopping)
      return
    this.#startLater(0)
  }

  /** Notices an end that nobody tells, and reads what was written. To be called several times a second. */
  look(): void {
    this.#belongings.output?.poll()
    const run = this.#run
    if (this.#phase === 'up' && run?.endedUntold) this.#ended(run, untold)
  }

  /** Ends it; resolves when it is gone. Asked again while it ends, the shorter grace counts. */
  stop(graceSeconds: number): Promise<void> {
    this.#killAtMs = Math.min(this.#killAtMs, performance.now() + graceSeconds * 1000)
    if (this.#phase === 'gone') return Promise.resolve()
    this.#stopped ??= this.#stop(graceSeconds).catch((error) => {
      this.#stopped = null // Its record still says so: it can be asked to stop again.
      throw error
    })
    return this.#stopped
  }

  /** Lets go of it without ending it. */
  async letGo(): Promise<void> {
    await this.#turn
    await this.#run?.letGo()
    this.#cancelRestart()
    await this.#turn
    await this.#belongings.output?.close()
  }

  // How it starts

  async #start(spec: InSlug<SetSpec>): Promise<void> {
    if (!this.#mayStart()) return
    const restarts = this.record.restarts + (this.#endedByItself ? 1 : 0)
    const launch = await this.#belongings.prepare(spec, { restarts, lastExit: this.#lastExit })
    if (!this.#mayStart()) return
    this.#run = Run.start(launch, this.id, (run, end) => this.#ended(run, end))
    this.#failure = null
    this.#endedByItself = false
    this.#up(this.#run, this.record.health.afterSeconds)
    this.#around.changed()
    this.#belongings.dropEarlierRun()
  }

  #mayStart(): boolean {
    return this.#phase === 'down' && !this.isStopping && !this.#around.closing.aborted
  }

  #up(run: Run, delaySeconds: number): void {
    this.#phase = 'up'
    run.watch(this.record, delaySeconds, {
      changed: this.#around.changed,
      becameHealthy: () => {
        if (!this.record.wasHealthy) this.#background(this.#rememberHealthy())
      },
      failed: (error) => this.#background(Promise.reject(error)),
    })
  }

  #rememberHealthy(): Promise<void> {
    const { run } = this.record
    return this.#inTurn(async () => {
      if (this.record.run === run && this.#phase !== 'gone')
        await this.#belongings.save({ wasHealthy: true })
    })
  }

  // How it is taken over

  async #adopt(): Promise<void> {
    await this.#belongings.openOutput()
    const { boot, stopping, lastExit } = this.record
    const note = settleRun(this.#belongings.runFile)
    const leader = boot === bootId() ? note.leader : null // No process outlives a boot.
    const run = leader === null ? null : Run.found(this.#belongings.runFile, leader, this.id)
    this.#run = run
    this.#lastExit = lastExit
    if (stopping !== null) this.#background(this.stop(stopping.graceSeconds))
    else if (run?.endedUntold) {
      await this.#noteEnd(run, untold)
      this.#background(this.#afterEnd(run))
    } else if (run !== null) this.#up(run, 0)
    else if (note.leader !== null) this.#lastExit = exitOf(note, null)
  }

  // How it ends by itself

  #ended(run: Run, end: RunEnd): void {
    if (this.#phase !== 'up' || this.#run !== run) return
    this.#background(this.#noteEnd(run, end).then(() => this.#afterEnd(run)))
  }

  /** What it wrote last can be read before anybody hears of its end. */
  async #noteEnd(run: Run, { signal, failure }: RunEnd): Promise<void> {
    this.#phase = 'ending'
    run.noteEnd()
    this.#cancelRestart()
    if (!this.isStopping) await this.#belongings.output?.drain()
    if (this.#phase !== 'ending') return
    this.#lastExit = run.exit(signal)
    this.#failure = failure
    this.#endedByItself = true
    this.#phase = 'down'
    this.#around.changed()
  }

  async #afterEnd(run: Run): Promise<void> {
    await this.#endRest(run)
    if (this.#spec !== null) this.#startLater(this.#backoff.nextMs(run.healthyMs))
  }

  /** Ends what its program left running: it would get in the way of the next run. */
  async #endRest({ group }: Run): Promise<void> {
    if (this.isStopping || group === null || group.isEmpty()) return
    this.#sweeping = true
    const { signal, graceSeconds } = this.record.stop
    const killAtMs = performance.now() + graceSeconds * 1000
    group.signal(signal)
    await this.#untilEmpty(group, () => (this.isStopping ? 'leave' : killAtMs))
    this.#sweeping = false
  }

  #startLater(ms: number): void {
    if (this.isStopping || this.#around.closing.aborted || this.#restart !== null) return
    this.#restart = setTimeout(() => {
      this.#restart = null
      this.#background(this.#startAgain())
    }, ms)
  }

  #cancelRestart(): void {
    if (this.#restart !== null) clearTimeout(this.#restart)
    this.#restart = null
  }

  async #startAgain(): Promise<void> {
    const spec = this.#spec
    if (spec === null) return
    try {
      await this.#inTurn(() => this.#start(spec))
    } catch (error) {
      this.#failure = whyNotStarted(error)
      this.#around.log.warn('an instance cannot be started', {
        instance: this.id,
        reason: this.#failure,
      })
      this.#around.changed()
      this.#startLater(this.#backoff.nextMs(0))
    }
  }

  #whyDown(): string {
    return this.#failure ?? (this.#lastExit === null ? 'not started yet' : sayExit(this.#lastExit))
  }

  // How it is stopped

  async #stop(graceSeconds: number): Promise<void> {
    const stopping = this.record.stopping ?? { graceSeconds, sent: false }
    this.#run?.unwatch()
    this.#cancelRestart()
    this.#around.changed()
    await this.#inTurn(async () => {
      await this.#noteStopping(stopping)
      if (!stopping.sent) this.#run?.group?.signal(this.record.stop.signal)
      await this.#noteStopping({ ...stopping, sent: true })
    })
    const group = this.#run?.group ?? null
    if (group !== null) await this.#untilEmpty(group, () => this.#killAtMs)
    await this.#belongings.output?.drain()
    await this.#remove()
    this.#around.changed()
  }

  /** On a full disk it ends all the same, which makes room: only a server that dies meanwhile would not go on with it. */
  async #noteStopping(stopping: NonNullable<InstanceRecord['stopping']>): Promise<void> {
    try {
      await this.#belongings.save({ stopping })
    } catch (error) {
      if (!isFull(error)) throw error
      this.#around.log.warn('that an instance is ending could not be written: the disk is full', {
        instance: this.id,
      })
    }
  }

  #untilEmpty(group: ProcessGroup, killAtMs: Ending['killAtMs']): Promise<void> {
    const { closing, log } = this.#around
    return untilEmpty(group, { instance: this.id, killAtMs, closing, log })
  }

  async #remove(): Promise<void> {
    await this.#belongings.remove()
    this.#phase = 'gone'
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {}) // Whoever asked for it is told.
    return turn
  }

  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (this.#around.closing.aborted || this.#phase === 'gone') return
      this.#around.log.error('an instance is not kept as it should be', error, {
        instance: this.id,
      })
    })
  }
}

const untold: RunEnd = { signal: null, failure: null }
