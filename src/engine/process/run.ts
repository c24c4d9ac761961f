import type { ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { anyProcess, listeningPorts, type ProcessIdentity } from '../../base/processes.ts'
import type { Exit, InstanceId } from '../../model/instance.ts'
import { HealthWatch, type WatchEvents } from '../health/watch.ts'
import { ProcessGroup } from './group.ts'
import { exitOf, type Launch, launch, readRun, whyNotStarted } from './launcher.ts'
import type { InstanceRecord } from './record.ts'

/** What is heard of a run's end. `signal` ended its launcher; `failure` is why that could not even be started. */
export type RunEnd = { signal: string | null; failure: string | null }

/** One run of an instance's program: its processes, how they are, and how the program ended. */
export class Run {
  /** Null if not even its launcher could be started. */
  readonly group: ProcessGroup | null
  /** What its launcher notes. */
  readonly #file: string
  /** The launcher, where this server started it: it tells its end by itself. */
  #child: ChildProcess | null
  #watch: HealthWatch | null = null
  #healthyMs = 0

  private constructor(file: string, group: ProcessGroup | null, child: ChildProcess | null) {
    this.#file = file
    this.group = group
    this.#child = child
  }

  /** Starts a program. `ended` is never called before this returns. */
  static start(it: Launch, instance: InstanceId, ended: (run: Run, end: RunEnd) => void): Run {
    const child = launch(it)
    const leader = child.pid === undefined ? null : anyProcess(child.pid)
    const group = leader === null ? null : new ProcessGroup(leader, instance)
    const run = new Run(it.runFile, group, child)
    child.once('error', (error) => ended(run, { signal: null, failure: whyNotStarted(error) }))
    child.once('exit', (_, signal) => ended(run, { signal, failure: null }))
    return run
  }

  /** The run that a server which is gone has started, alive or not. */
  static found(file: string, leader: ProcessIdentity, instance: InstanceId): Run {
    return new Run(file, new ProcessGroup(leader, instance), null)
  }

  /** Null before `watch`; of a run that has ended, what was last known. */
  get health(): Omit<HealthWatch, 'end'> | null {
    return this.#watch
  }

  /** Longest unbroken health in milliseconds, known once the run is no longer watched. */
  get healthyMs(): number {
    return this.#healthyMs
  }

  /** Whether it has ended and nobody tells: it was found. */
  get endedUntold(): boolean {
    return this.#child === null && this.group !== null && !this.group.leaderLives()
  }

  watch(
    { routed, port, health: spec, wasHealthy }: InstanceRecord,
    delaySeconds: number,
    events: WatchEvents,
  ): void {
    const listening = async () =>
      this.group === null ? [] : listeningPorts(this.group.members().map(({ pid }) => pid))
    const run = { routed, host: '127.0.0.1', port, spec, listening, wasHealthy }
    this.#watch = new HealthWatch(run, delaySeconds, events)
  }

  unwatch(): void {
    this.#healthyMs = this.#watch?.end() ?? 0
  }

  /** To be called once, when it has ended. */
  noteEnd(): void {
    this.#child = null
    this.unwatch()
  }

  /** How the program ended, by its launcher's note; `signal` counts if the launcher was ended before it wrote one. */
  exit(signal: string | null): Exit {
    return exitOf(readRun(this.#file), signal)
  }

  /** Tells nothing any more, and leaves its processes alone. */
  async letGo(): Promise<void> {
    await this.#begun()
    this.unwatch()
    this.#child?.removeAllListeners()
  }

  /** Waits until the launcher has noted its start: the next server would take an unnoted one for one that never was. */
  async #begun(): Promise<void> {
    const deadline = performance.now() + 1000
    while (
      this.#child !== null &&
      readRun(this.#file).leader === null &&
      performance.now() < deadline
    )
      await wait(5)
  }
}
