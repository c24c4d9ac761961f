import type Dockerode from 'dockerode'
import { isFull } from '../../base/disk.ts'
import { type Exit, type Instance, type InstanceId, sayExit } from '../../model/instance.ts'
import { Backoff } from '../backoff.ts'
import { HealthWatch } from '../health/watch.ts'
import { ContainerEnding } from './container-ending.ts'
import { isStatus, refusalOf } from './daemon.ts'
import { removeContainer } from './ending.ts'
import { endedWithMachine, exitOf, hasRun } from './exit.ts'
import type { InstanceIdentity } from './identity.ts'
import { listeningIn } from './listening.ts'
import { type ContainerOutput, followOutput } from './output.ts'
import { goOn, keepConnected } from './put-right.ts'
import { type DockerRecord, readRecord, removeRecord, writeRecord } from './record.ts'
import type { DockerSurroundings } from './surroundings.ts'

type State = Dockerode.ContainerInspectInfo['State']

/** A program that the daemon tells to end is killed by it 10 s later, if nobody says otherwise. */
const killTakesMs = 15_000

/** One instance and its container, over any number of runs of its program and of servers. */
export class DockerInstance {
  readonly #around: DockerSurroundings
  readonly #backoff = new Backoff()
  readonly #output: ContainerOutput
  #record: DockerRecord
  /** As the daemon said last; null before that. */
  #state: State | null = null
  #watch: HealthWatch | null = null
  #lastHealthyMs = 0
  /** Whether somebody wants its set: only then it is started again. */
  #wanted = false
  #restart: NodeJS.Timeout | null = null
  /** Why it could not be started again. */
  #failure: string | null = null
  #endedByItself = false
  /** When the daemon was last asked to end it. */
  #killedMs = Number.NEGATIVE_INFINITY
  #stopped: Promise<void> | null = null
  readonly #ending: ContainerEnding
  #turn: Promise<unknown> = Promise.resolve()
  #kept: Promise<unknown> = Promise.resolve()
  #gone = false
  /** Resolves when nothing of it is kept any more; for one that is gone. */
  #forgotten: Promise<void> = Promise.resolve()

  private constructor(
    around: DockerSurroundings,
    readonly identity: InstanceIdentity,
    record: DockerRecord,
    output: ContainerOutput,
  ) {
    this.#around = around
    this.#record = record
    this.#output = output
    this.#ending = new ContainerEnding(around, identity.container, identity.kept.stop.signal)
  }

  /** Takes over a container, running or not, whoever made it. */
  static async adopt(
    around: DockerSurroundings,
    identity: InstanceIdentity,
  ): Promise<DockerInstance> {
    const { id, container, set } = identity
    const record = await readRecord(around.folder, id)
    const source = { instance: id, service: set.service, release: set.release }
    const book = await around.books.of(set)
    const output = followOutput(around.daemon, { container, source }, book, around.log)
    const instance = new DockerInstance(around, identity, record, output)
    await instance.refresh()
    if (record.stopping !== null && !instance.#gone) {
      instance.#background(instance.stop(record.stopping.graceSeconds))
    }
    return instance
  }

  get id(): InstanceId {
    return this.identity.id
  }

  get isStopping(): boolean {
    return this.#record.stopping !== null || this.#stopped !== null
  }

  get isGone(): boolean {
    return this.#gone
  }

  /** Of its program in this machine; null while it is down. */
  get pid(): number | null {
    return this.#state?.Running && this.#state.Pid > 0 ? this.#state.Pid : null
  }

  /** Resolves when it is known how it is. */
  get looked(): Promise<void> {
    return this.#watch?.looked ?? Promise.resolve()
  }

  view(): Instance {
    const { id, set, kept } = this.identity
    const seen = this.#watch
    const health = this.isStopping ? 'stopping' : (seen?.health ?? 'down')
    return {
      id,
      set,
      address: { host: kept.host, port: kept.port },
      health,
      healthyForMs: health === 'healthy' ? (seen?.healthyForMs ?? 0) : 0,
      restarts: this.#record.restarts,
      lastExit: this.#record.lastExit,
      reason: seen === null ? this.#whyDown() : seen.reason,
      listening: seen?.listening ?? [],
      startedAt: this.#state?.StartedAt ?? '',
      pid: this.pid,
    }
  }

  /** From now on it is started again when it ends; if it is down, that happens now. */
  provide(): void {
    this.#wanted = true
    if (this.#state !== null && !this.#state.Running && this.#restart === null && !this.isStopping)
      this.#startLater(0)
  }

  /** Somebody has asked the daemon to end it: a person, or the daemon itself before it ends. */
  noteKill(): void {
    this.#killedMs = performance.now()
  }

  /** Whether a list of the daemon's shows it otherwise than it is known. */
  differsFrom({ State, NetworkSettings }: Dockerode.ContainerInfo): boolean {
    const addresses = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress)
    const runs = State === 'running'
    return (
      this.#state === null ||
      this.#state.Running !== runs ||
      (runs && !addresses.includes(this.identity.kept.host))
    )
  }

  /** Asks the daemon how it is, one call after the other. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#gone) return
      const found = await this.#inspect()
      if (found === null) return this.#vanish()
      await this.#take(found.State)
      if (found.State.Running && !this.isStopping)
        await keepConnected(this.#around, this.identity, found)
    })
  }

  /** Ends it and removes its container; resolves when it is gone. Asked again while it ends, the shorter grace counts. */
  stop(graceSeconds: number): Promise<void> {
    this.#ending.within(graceSeconds)
    if (this.#gone) return Promise.resolve()
    this.#stopped ??= this.#stop(graceSeconds).catch((error) => {
      this.#stopped = null // Its record still says so: it can be asked to stop again.
      throw error
    })
    return this.#stopped
  }

  /** Lets go of it without ending it. */
  async letGo(): Promise<void> {
    this.#cancelRestart()
    await this.#turn
    this.#watch?.end()
    await this.#output.close()
  }

  // How it is

  async #inspect(): Promise<Dockerode.ContainerInspectInfo | null> {
    try {
      return await this.#around.daemon.call((docker, abortSignal) =>
        docker.getContainer(this.identity.container).inspect({ abortSignal }),
      )
    } catch (error) {
      if (isStatus(error, 404)) return null
      throw error
    }
  }

  async #take(state: State): Promise<void> {
    const before = this.#state
    this.#state = state
    if (state.Paused) return goOn(this.#around, this.identity)
    const isNewRun = state.Running && (!before?.Running || before.StartedAt !== state.StartedAt)
    // It may have ended and begun again between two looks: its end is told all the same.
    if (before?.Running && (!state.Running || isNewRun)) await this.#ended(before, state)
    if (isNewRun) this.#began(before === null && this.#record.wasHealthy)
    // One that has ended while nobody looked.
    if (before === null && !state.Running && hasRun(state)) await this.#ended(null, state)
  }

  #began(wasHealthy: boolean): void {
    const { kept } = this.identity
    this.#output.again()
    this.#watch?.end()
    this.#watch = new HealthWatch(
      {
        routed: kept.routed,
        host: kept.host,
        port: kept.port,
        spec: kept.health,
        listening: () => listeningIn(this.pid),
        wasHealthy,
      },
      wasHealthy ? 0 : kept.health.afterSeconds,
      {
        changed: () => this.#around.changed(),
        becameHealthy: () => this.#background(this.#keep({ wasHealthy: true })),
        failed: (error) => this.#around.log.error('a probe broke', error, { instance: this.id }),
      },
    )
    this.#around.changed()
  }

  async #ended(before: State | null, now: State): Promise<void> {
    const noticedMs = performance.now()
    this.#lastHealthyMs = this.#watch?.end() ?? 0
    // What it wrote last is read before anybody is told that it is down.
    if (!now.Running) await this.#output.drain()
    this.#watch = null
    const exit = await this.#exitOf(now, before === null)
    this.#endedByItself =
      exit.isForeign !== true && (before !== null || this.#record.lastExit?.at !== exit.at)
    await this.#keep({ lastExit: exit, wasHealthy: false })
    this.#around.changed()
    if (this.#wanted && !now.Running && !this.isStopping) {
      // What is no failure of its own is hardly waited for: only for a daemon that is ending.
      const waitMs = exit.isForeign ? foreignMs : this.#backoff.nextMs(this.#lastHealthyMs)
      this.#startLater(Math.max(0, waitMs - (performance.now() - noticedMs)))
    }
  }

  async #exitOf(state: State, isFound: boolean): Promise<Exit> {
    const exit = exitOf(state)
    const isForeign =
      performance.now() - this.#killedMs < killTakesMs ||
      this.#around.endedByDaemon(Date.parse(exit.at)) ||
      (isFound && endedWithMachine(state))
    this.#killedMs = Number.NEGATIVE_INFINITY
    if (isForeign) return { ...exit, isForeign }
    return state.OOMKilled ? { ...exit, outOfMemory: await this.#memory() } : exit
  }

  /** What it was allowed; what it used last is what it was refused more than. */
  async #memory(): Promise<NonNullable<Exit['outOfMemory']>> {
    const found = await this.#inspect()
    return { limitBytes: found?.HostConfig.Memory || null }
  }

  async #discard(): Promise<void> {
    await removeContainer(this.#around, this.identity.container)
    this.#vanish()
  }

  #vanish(): void {
    if (!this.isStopping)
      this.#around.log.warn('an instance was removed by somebody else', { instance: this.id })
    this.#end()
  }

  // How it starts again

  #startLater(waitMs: number): void {
    this.#cancelRestart()
    this.#restart = setTimeout(() => {
      this.#restart = null
      this.#background(this.#inTurn(() => this.#startAgain()))
    }, waitMs)
  }

  async #startAgain(): Promise<void> {
    if (this.#gone || this.isStopping || this.#around.closing.aborted) return
    const restarts = this.#record.restarts + (this.#endedByItself ? 1 : 0)
    try {
      await this.#keep({ restarts, wasHealthy: false })
      this.#endedByItself = false
      await this.#container((container) => container.start(), 30_000)
      this.#failure = null
    } catch (error) {
      if (isStatus(error, 404)) return this.#vanish()
      if (!isStatus(error, 304)) {
        this.#failure = refusalOf(error)
        // What a daemon that ended in the middle of a start has left never starts again; another one takes its place.
        if (isStuck(this.#failure)) return this.#discard()
        this.#around.log.warn('an instance does not start again', {
          instance: this.id,
          reason: this.#failure,
        })
        this.#startLater(this.#backoff.nextMs(0))
        return
      }
    }
    const found = await this.#inspect()
    if (found === null) this.#vanish()
    else await this.#take(found.State)
  }

  #cancelRestart(): void {
    if (this.#restart !== null) clearTimeout(this.#restart)
    this.#restart = null
  }

  // How it ends

  async #stop(graceSeconds: number): Promise<void> {
    this.#cancelRestart()
    await this.#inTurn(() => this.#keep({ stopping: { graceSeconds } }))
    this.#around.changed()
    await this.#ending.end(this.#output)
    this.#end()
    await this.#forgotten
  }

  #end(): void {
    this.#gone = true
    this.#cancelRestart()
    this.#watch?.end()
    this.#watch = null
    this.#around.changed()
    this.#forgotten = this.#kept.then(async () => {
      await this.#output.close()
      await removeRecord(this.#around.folder, this.id)
    })
    this.#background(this.#forgotten)
  }

  // What it keeps

  /** One after the other, each with all that is known by then. For which there is no room, is lost with this server: nothing ends for that. */
  #keep(change: Partial<DockerRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change }
    const kept = this.#kept.then(async () => {
      if (this.#gone) return
      await writeRecord(this.#around.folder, this.id, this.#record).catch((error: unknown) => {
        if (!isFull(error)) throw error
        this.#around.log.warn('what is known of an instance could not be written: the disk is full')
      })
    })
    this.#kept = kept.catch(() => {}) // Whoever asked for it is told.
    return kept
  }

  #whyDown(): string | null {
    if (this.#failure !== null) return this.#failure
    return this.#record.lastExit === null ? null : sayExit(this.#record.lastExit)
  }

  #container<T>(
    work: (container: Dockerode.Container) => Promise<T>,
    withinMs?: number,
  ): Promise<T> {
    const { daemon } = this.#around
    return daemon.call((docker) => work(docker.getContainer(this.identity.container)), withinMs)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {}) // Whoever asked for it is told.
    return turn
  }

  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (this.#around.closing.aborted || this.#gone) return
      this.#around.log.error('an instance is not kept as it should be', error, {
        instance: this.id,
      })
    })
  }
}

/** A daemon that ends takes its containers along, and must not be asked to start one again. */
const foreignMs = 250

const isStuck = (refusal: string): boolean =>
  /task \S+: already exists|failed to start shim: mkdir \S+: file exists/.test(refusal)
