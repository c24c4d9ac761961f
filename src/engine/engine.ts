import type { Readable, Writable } from 'node:stream'
import type { Secret } from '../base/secret.ts'
import type { ArtifactBody } from '../model/artifact.ts'
import type { EngineName } from '../model/engine.ts'
import type { Place } from '../model/environment.ts'
import type { Instance, InstanceId, LogLine } from '../model/instance.ts'
import type { Release } from '../model/release.ts'
import type { SetSpec } from '../model/set.ts'
import type { Command } from '../model/spec.ts'

/**
 * Runs instances somewhere. `test/engine/contract.ts` says what every implementation must do.
 * It probes instances and starts them again when they end; it never chooses which serving instance to stop.
 */
export interface Engine {
  readonly name: EngineName
  /** What this engine cannot do; a release that needs it is refused with that sentence. */
  readonly can: Capabilities
  /** Makes what the release needs ready (folders, accounts) and checks that its artifact is there. Starts nothing. Safe to repeat. */
  prepare(release: Release, body: ArtifactBody): Promise<void>
  /**
   * Adds instances until the set has `count` that are not stopping; never stops one. Returns when the
   * request is recorded, not when it is true. From then on the set's instances are kept running.
   */
  ensure(set: SetSpec, count: number): Promise<void>
  /**
   * Ends instances that the caller has taken out of rotation: their stop signal, the grace, then SIGKILL to
   * all that is left of each. Returns when all are gone. Stopping what is gone is fine.
   */
  stop(instances: InstanceId[], graceSeconds: number): Promise<void>
  /** Every instance of this server, dead ones that wait for a start too. The first answer after a start waits until each was looked at. */
  list(filter?: InstanceFilter): Promise<Instance[]>
  /** What the instances whose programs run have used and use. */
  usage(filter?: InstanceFilter): Promise<Usage[]>
  /** Calls back whenever an instance appeared, changed its health or went. Says that, not what: list again. */
  watch(listener: () => void): Unsubscribe
  /**
   * Runs a job to its end, which ends whatever it has left running too. Place and number say which run it is: one that
   * is under way, begun by this server or the one before, is waited for, and one that has ended is answered at once.
   * `cancel` ends it. Rejects when the engine is closed, and the run goes on. Throws `engine.start-failed`.
   */
  run(job: JobRun, cancel?: AbortSignal): Promise<JobEnd>
  /** Starts a command for somebody who holds its streams; it never outlives the server. Throws `run.no-terminal`, `engine.start-failed`. */
  open(command: CommandRun): Promise<OpenCommand>
  /** The same inside an instance that runs. Throws `instance.gone` besides. */
  exec(command: InstanceCommand): Promise<OpenCommand>
  /** Ends the jobs, as cancelled, and the commands that fit. Returns when all are gone. */
  endRuns(filter: RunFilter, graceSeconds: number): Promise<void>
  /** What the instances and jobs wrote, oldest first; ends where the log ends unless `follow`. */
  logs(filter: LogFilter, signal?: AbortSignal): AsyncIterable<LogLine>
  /** Removes artifacts, homes and logs of this server that nothing kept needs. Touches nothing else. */
  collect(keep: Keep): Promise<Collected>
  /** Removes all that it keeps for an app, or for one environment of it: logs, homes, ends of jobs, and of an app its artifacts. Nothing of it may run; what is gone is fine. */
  forget(of: Pick<InstanceFilter, 'app' | 'environment'> & { app: string }): Promise<void>
  /** Lets go of every instance without ending any, so that another server can adopt them. */
  close(): Promise<void>
}

/** One run of a job: as with a set, the engine adds what every program of an app gets. */
export type JobRun = {
  place: Place
  release: number
  job: string
  /** Counts the runs of the environment. */
  run: number
  commit: string
  body: ArtifactBody
  command: Command
  environment: Record<string, string | Secret>
  timeoutSeconds: number
}

/** How a run ended; code and signal are null where nobody saw it, as when the machine went down. */
export type JobEnd = {
  code: number | null
  signal: string | null
  timedOut: boolean
  cancelled: boolean
}

export type CommandRun = {
  place: Place
  release: number
  commit: string
  body: ArtifactBody
  command: Command
  environment: Record<string, string | Secret>
  /** The terminal that it shall have; null: plain streams. */
  terminal: Terminal | null
}

/** A command inside an instance: as its user, with its environment, in its working folder. */
export type InstanceCommand = Pick<CommandRun, 'place' | 'command' | 'terminal'> & {
  instance: InstanceId
}

export type TerminalSize = { columns: number; rows: number }
export type Terminal = TerminalSize & {
  /** TERM, "xterm-256color". */
  kind: string
}

/** A command that runs, and its streams. With a terminal all that it writes comes on `output`. */
export type OpenCommand = {
  input: Writable
  output: Readable
  errors: Readable | null
  /** Ignored without a terminal. */
  resize(size: TerminalSize): void
  /** Sends a signal to all its processes. */
  signal(signal: NodeJS.Signals): void
  /** How its program ended. What it wrote may still be read after that. */
  ended: Promise<{ code: number | null; signal: string | null }>
  /** Ends it and all that it started: SIGHUP, the grace, SIGKILL. Returns when all is gone. */
  end(graceSeconds: number): Promise<void>
}

export type RunFilter = { app?: string; environment?: string; run?: number }

export type Capabilities = { limits: boolean; volumes: boolean; exec: boolean }
export type InstanceFilter = {
  app?: string
  environment?: string
  service?: string
  release?: number
}
/** `cpuSeconds`: of one core since its program was started. A limit of null: none of its own. */
export type Usage = {
  instance: InstanceId
  cpuSeconds: number
  memoryBytes: number
  processes: number
  limits: { cpu: number | null; memoryBytes: number | null; processes: number | null }
}

export type Unsubscribe = () => void

export type LogFilter = {
  app: string
  environment: string
  service?: string
  release?: number
  instance?: InstanceId
  /** Only lines read at or after this time, ISO 8601. */
  since?: string
  /** Only lines after this position. */
  after?: number
  /** Only the newest so many of what there is now. */
  tail?: number
  follow?: boolean
}

/** Digests of the artifacts that releases need, and the apps that exist. */
export type Keep = { artifacts: ReadonlySet<string>; apps: ReadonlySet<string> }
export type Collected = { artifacts: number; bytes: number }
