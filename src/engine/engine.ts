import type { Instance, InstanceId, LogLine } from '../model/instance.ts'
import type { Release } from '../model/release.ts'
import type { SetSpec } from '../model/set.ts'

export type EngineName = 'process' | 'docker' | 'kubernetes'

/**
 * Runs instances somewhere. `test/engine/contract.ts` says what every implementation must do.
 * It probes instances and starts them again when they end; it never chooses which serving instance to stop.
 */
export interface Engine {
  readonly name: EngineName
  /** What this engine cannot do; a release that needs it is refused with that sentence. */
  readonly can: Capabilities
  /** Makes what the release needs ready (folders, accounts) and checks that its artifact is there. Starts nothing. Safe to repeat. */
  prepare(release: Release, folder: string): Promise<void>
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
  /** Calls back whenever an instance appeared, changed its health or went. Says that, not what: list again. */
  watch(listener: () => void): Unsubscribe
  /** What the instances wrote, oldest first; ends where the log ends unless `follow`. */
  logs(filter: LogFilter, signal?: AbortSignal): AsyncIterable<LogLine>
  /** Removes artifacts, homes and logs of this server that nothing kept needs. Touches nothing else. */
  collect(keep: Keep): Promise<Collected>
  /** Lets go of every instance without ending any, so that another server can adopt them. */
  close(): Promise<void>
}

export type Capabilities = { limits: boolean; volumes: boolean; exec: boolean }
export type InstanceFilter = {
  app?: string
  environment?: string
  service?: string
  release?: number
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
