import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chown, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { NaruError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import { removeTree } from '../../base/tree.ts'
import { type Exit, type Instance, type InstanceId, sayExit } from '../../model/instance.ts'
import type { SetSpec } from '../../model/set.ts'
import type { Account } from './account.ts'
import { Backoff } from './backoff.ts'
import { type Ending, untilEmpty } from './ending.ts'
import { instanceEnvironment } from './environment.ts'
import { ProcessGroup } from './group.ts'
import { HealthWatch } from './health-watch.ts'
import { launch, readRun, settleRun } from './launcher.ts'
import type { LogBook } from './log-book.ts'
import { OutputFollower } from './log-follower.ts'
import type { OutputSpace } from './output-space.ts'
import { appIdentity, makeAppFolder, makeAppPlaces, type Places } from './places.ts'
import { holdPort, isFree, type PortBook } from './ports.ts'
import { anyProcess, bootId } from './proc.ts'
import { type InstanceRecord, outputFile, runFile, writeRecord } from './record.ts'

/** What every instance of an engine shares. */
export type Surroundings = {
  places: Places
  account: Account
  ports: PortBook
  groupOf(app: string): Promise<number>
  log: Log
  space: OutputSpace
  /** The launcher's script. */
  script: string
  /** Fires when the engine lets go of its instances. */
  closing: AbortSignal
  changed(): void
}

/**
 * `up`: its program runs. `ending`: it has ended, and what it wrote last is being read. `down`: it waits for its
 * next start, or what it left behind is being ended. `gone`: nothing is left of the instance.
 */
type Phase = 'up' | 'ending' | 'down' | 'gone'

/** One instance from its first start to its end, over any number of runs of its program and of servers. */
export class ProcessInstance {
  readonly #around: Surroundings
  readonly #folder: string
  readonly #book: LogBook
  readonly #backoff = new Backoff()
  #record: InstanceRecord
  /** Null until somebody wants the set: only then its environment is known. */
  #spec: SetSpec | null = null
  #phase: Phase = 'down'
  #follower: OutputFollower | null = null
  #group: ProcessGroup | null = null
  /** The launcher, where this server started it: it tells its end by itself. */
  #child: ChildProcess | null = null
  #watch: HealthWatch | null = null
  /** Longest unbroken health of the run that has ended. */
  #healthyMs = 0
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
    this.#record = record
    this.#folder = join(around.places.instances, record.id)
    this.#book = book
  }

  /** Makes an instance of a set and starts it. Leaves nothing behind if it throws. */
  static async begin(
    around: Surroundings,
    id: InstanceId,
    spec: SetSpec,
    book: LogBook,
  ): Promise<ProcessInstance> {
    const instance = new ProcessInstance(around, newRecord(id, spec), book)
    instance.#spec = spec
    try {
      await instance.#inTurn(() => instance.#start(spec))
    } catch (error) {
      await instance.#remove()
      if (error instanceof NaruError) throw error
      throw new NaruError('engine.start-failed', { instance: id, reason: why(error) })
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
    return this.#record.id
  }

  get record(): Readonly<InstanceRecord> {
    return this.#record
  }

  /** Resolves when it is known how an adopted instance is. */
  get looked(): Promise<void> {
    return this.#watch?.looked ?? Promise.resolve()
  }

  get isStopping(): boolean {
    return this.#record.stopping !== null || this.#stopped !== null
  }

  get isGone(): boolean {
    return this.#phase === 'gone'
  }

  view(): Instance {
    const { id, set, port, restarts, startedAt } = this.#record
    const isDown = this.#phase === 'down'
    const watch = isDown ? null : this.#watch
    const health = this.isStopping ? 'stopping' : (watch?.health ?? 'down')
    return {
      id,
      set,
      address: { host: '127.0.0.1', port },
      health,
      healthyForMs: health === 'healthy' ? (watch?.healthyForMs ?? 0) : 0,
      restarts,
      lastExit: this.#lastExit,
      reason: watch === null ? this.#whyDown() : watch.reason,
      listening: watch?.listening ?? [],
      startedAt,
      pid: isDown ? null : (this.#group?.leader.pid ?? null),
    }
  }

  /** From now on it is known how to start it again; if it is down and nothing else will, that happens now. */
  provide(spec: SetSpec): void {
    this.#spec = spec
    if (this.#phase !== 'down' || this.#restart !== null || this.#sweeping || this.isStopping)
      return
    this.#startLater(0)
  }

  /** Notices an end that nobody tells, and reads what was written. To be called several times a second. */
  look(): void {
    this.#follower?.poll()
    if (this.#phase !== 'up' || this.#child !== null || this.#group === null) return
    if (!this.#group.leaderLives()) this.#background(this.#ended(this.#record.run, null))
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
    if (this.#child !== null) await this.#begun()
    this.#endRun()
    this.#child?.removeAllListeners()
    await this.#turn
    await this.#follower?.close()
  }

  // How it starts

  async #start(spec: SetSpec): Promise<void> {
    if (this.#phase !== 'down' || this.isStopping || this.#around.closing.aborted) return
    const { places, account, groupOf, script } = this.#around
    const { app, environment } = spec.set
    const group = await groupOf(app)
    const at = places.app(app)
    const [home, temporary] = [at.home(environment), at.temporary(this.id)]
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const port = await this.#port()
    const identity = appIdentity(account, group)
    await this.#save({ ...this.#nextRun(), folder: spec.folder, port, group })
    await makeAppPlaces(at, account, group)
    for (const folder of [home, temporary]) await makeAppFolder(folder, account, group)
    await this.#follow(identity)
    if (this.isStopping || this.#around.closing.aborted) return
    const child = launch({
      script,
      command: spec.command,
      folder: spec.folder,
      environment: instanceEnvironment(spec, { id: this.id, port, home, temporary }),
      identity,
      outputFile: outputFile(this.#folder),
      runFile: runFile(this.#folder, this.#record.run),
    })
    this.#started(child, this.#record.run)
    rmSync(runFile(this.#folder, this.#record.run - 1), { force: true })
  }

  #nextRun(): InstanceRecord {
    const { run, restarts } = this.#record
    return {
      ...this.#record,
      boot: bootId(),
      run: run + 1,
      startedAt: new Date().toISOString(),
      wasHealthy: false,
      restarts: restarts + (this.#endedByItself ? 1 : 0),
      lastExit: this.#lastExit,
    }
  }

  #started(child: ChildProcess, run: number): void {
    const leader = child.pid === undefined ? null : anyProcess(child.pid)
    child.once('error', (error) => this.#background(this.#ended(run, null, why(error))))
    child.once('exit', (_, signal) => this.#background(this.#ended(run, signal)))
    this.#child = child
    this.#group = leader === null ? null : new ProcessGroup(leader, this.id)
    this.#failure = null
    this.#endedByItself = false
    this.#phase = 'up'
    this.#watchHealth(this.#record.health.afterSeconds)
    this.#around.changed()
  }

  /** Waits until the launcher has noted its start: the next server would take an unnoted one for one that never was. */
  async #begun(): Promise<void> {
    const file = runFile(this.#folder, this.#record.run)
    const deadline = performance.now() + 1000
    while (readRun(file).leader === null && this.#phase === 'up' && performance.now() < deadline)
      await wait(5)
  }

  /** The port it had, unless somebody else listens there now. */
  async #port(): Promise<number> {
    const { port } = this.#record
    if (port !== 0 && (await isFree(port))) return port
    await this.#around.ports.release(this.id)
    return holdPort(this.#around.ports, this.id)
  }

  /** Opens the output file, which the program may open again by its name, /dev/stderr. */
  async #follow(identity: { uid?: number; gid?: number }): Promise<void> {
    const file = outputFile(this.#folder)
    await (await open(file, 'a', 0o600)).close()
    if (identity.uid !== undefined && identity.gid !== undefined)
      await chown(file, identity.uid, identity.gid)
    const { set } = this.#record
    const source = { instance: this.id, service: set.service, release: set.release }
    this.#follower ??= new OutputFollower(
      file,
      source,
      this.#book,
      this.#around.space,
      this.#around.log,
    )
  }

  // How it is taken over

  async #adopt(): Promise<void> {
    const { account } = this.#around
    await this.#follow(appIdentity(account, this.#record.group))
    const { boot, run } = this.#record
    const isThisBoot = boot === bootId()
    const { leader: noted, exit, endedAt } = settleRun(runFile(this.#folder, run))
    const leader = isThisBoot ? noted : null // No process outlives a boot.
    this.#lastExit = this.#record.lastExit
    if (leader !== null) this.#group = new ProcessGroup(leader, this.id)
    if (this.#record.stopping !== null) {
      this.#background(this.stop(this.#record.stopping.graceSeconds))
    } else if (this.#group?.leaderLives()) {
      this.#phase = 'up'
      this.#watchHealth(0)
    } else if (leader !== null) {
      this.#phase = 'up'
      await this.#noteEnd(null, null)
      this.#background(this.#afterEnd())
    } else if (noted !== null) {
      this.#lastExit = exitAt(endedAt, exit)
    }
  }

  // How it is

  #watchHealth(delaySeconds: number): void {
    const { port, health: spec, routed, wasHealthy } = this.#record
    const run = { routed, port, spec, group: this.#group, wasHealthy }
    this.#watch = new HealthWatch(run, delaySeconds, {
      changed: this.#around.changed,
      becameHealthy: () => {
        if (!this.#record.wasHealthy) this.#background(this.#rememberHealthy())
      },
      failed: (error) => this.#background(Promise.reject(error)),
    })
  }

  #rememberHealthy(): Promise<void> {
    const { run } = this.#record
    return this.#inTurn(async () => {
      if (this.#record.run === run && this.#phase !== 'gone')
        await this.#save({ ...this.#record, wasHealthy: true })
    })
  }

  #whyDown(): string {
    return this.#failure ?? (this.#lastExit === null ? 'not started yet' : sayExit(this.#lastExit))
  }

  // How it ends by itself

  async #ended(run: number, signal: string | null, failure: string | null = null): Promise<void> {
    if (this.#phase !== 'up' || this.#record.run !== run) return
    await this.#noteEnd(signal, failure)
    await this.#afterEnd()
  }

  /** What it wrote last can be read before anybody hears of its end. */
  async #noteEnd(signal: string | null, failure: string | null): Promise<void> {
    this.#phase = 'ending'
    this.#child = null
    this.#endRun()
    if (!this.isStopping) await this.#follower?.drain()
    if (this.#phase !== 'ending') return
    const { exit, endedAt } = readRun(runFile(this.#folder, this.#record.run))
    this.#lastExit = exitAt(endedAt, exit ?? { code: null, signal })
    this.#failure = failure
    this.#endedByItself = true
    this.#phase = 'down'
    this.#around.changed()
  }

  async #afterEnd(): Promise<void> {
    await this.#endRest()
    if (this.#spec !== null) this.#startLater(this.#backoff.nextMs(this.#healthyMs))
  }

  /** Ends what its program left running: it would get in the way of the next run. */
  async #endRest(): Promise<void> {
    if (this.isStopping || this.#group === null || this.#group.isEmpty()) return
    this.#sweeping = true
    const { signal, graceSeconds } = this.#record.stop
    const killAtMs = performance.now() + graceSeconds * 1000
    this.#group.signal(signal)
    await this.#untilEmpty(this.#group, () => (this.isStopping ? 'leave' : killAtMs))
    this.#sweeping = false
  }

  #startLater(ms: number): void {
    if (this.isStopping || this.#around.closing.aborted || this.#restart !== null) return
    this.#restart = setTimeout(() => {
      this.#restart = null
      this.#background(this.#startAgain())
    }, ms)
  }

  async #startAgain(): Promise<void> {
    const spec = this.#spec
    if (spec === null) return
    try {
      await this.#inTurn(() => this.#start(spec))
    } catch (error) {
      this.#failure = why(error)
      this.#around.log.warn('an instance cannot be started', {
        instance: this.id,
        reason: this.#failure,
      })
      this.#around.changed()
      this.#startLater(this.#backoff.nextMs(0))
    }
  }

  /** Nothing of this run is probed or waited for any more. */
  #endRun(): void {
    this.#healthyMs = this.#watch?.end() ?? 0
    if (this.#restart !== null) clearTimeout(this.#restart)
    this.#restart = null
  }

  // How it is stopped

  async #stop(graceSeconds: number): Promise<void> {
    const stopping = this.#record.stopping ?? { graceSeconds, sent: false }
    this.#endRun()
    this.#around.changed()
    await this.#inTurn(async () => {
      await this.#save({ ...this.#record, stopping })
      if (!stopping.sent) this.#group?.signal(this.#record.stop.signal)
      await this.#save({ ...this.#record, stopping: { ...stopping, sent: true } })
    })
    if (this.#group !== null) await this.#untilEmpty(this.#group, () => this.#killAtMs)
    await this.#follower?.drain()
    await this.#remove()
    this.#around.changed()
  }

  #untilEmpty(group: ProcessGroup, killAtMs: Ending['killAtMs']): Promise<void> {
    const { closing, log } = this.#around
    return untilEmpty(group, { instance: this.id, killAtMs, closing, log })
  }

  /** The record goes last: until then another server can finish this. */
  async #remove(): Promise<void> {
    const { set } = this.#record
    await this.#follower?.close()
    await removeTree(this.#around.places.app(set.app).temporary(this.id))
    await this.#around.ports.release(this.id)
    await removeTree(this.#folder)
    this.#book.forget(this.id)
    this.#phase = 'gone'
  }

  async #save(record: InstanceRecord): Promise<void> {
    await writeRecord(this.#folder, record)
    this.#record = record
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

const newRecord = (
  id: InstanceId,
  { set, routed, health, stop, folder }: SetSpec,
): InstanceRecord => ({
  version: 1,
  id,
  set,
  routed,
  health,
  stop: { signal: stop.signal, graceSeconds: stop.graceSeconds },
  folder,
  port: 0,
  group: 0,
  boot: '',
  run: 0,
  startedAt: '',
  wasHealthy: false,
  restarts: 0,
  lastExit: null,
  stopping: null,
})

const exitAt = (at: string | null, exit: Omit<Exit, 'at'> | null): Exit => ({
  code: exit?.code ?? null,
  signal: exit?.signal ?? null,
  at: at ?? new Date().toISOString(),
})

/** Never the message of an error: it may quote a value of the environment. */
function why(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
  return `cannot be started: ${code}`
}
