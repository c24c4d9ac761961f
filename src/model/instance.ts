import { sayBytes } from '../base/size.ts'
import type { SetId } from './set.ts'

/** Never used twice; safe as a file name. */
export type InstanceId = string

/**
 * `starting`: has never been healthy since its (re)start. `unhealthy`: was, and is not now.
 * `down`: its program has ended and waits for its next start. `stopping`: told to end.
 */
export type Health = 'starting' | 'healthy' | 'unhealthy' | 'down' | 'stopping'

/** One running copy of a service of a release, as its engine sees it. */
export type Instance = {
  id: InstanceId
  set: SetId
  address: { host: string; port: number }
  health: Health
  /** Unbroken health so far; 0 unless `healthy`. */
  healthyForMs: number
  /** How often its program was started again after it ended by itself. */
  restarts: number
  /** How its program ended last, and when; null while its first run lasts. */
  lastExit: Exit | null
  /** Why the last probe failed, "connection refused", "GET / answered 500"; null while healthy. */
  reason: string | null
  /** Ports that its processes listen on; only looked up while it is not healthy. */
  listening: number[]
  startedAt: string
  /** Of the group's leader; null while down. */
  pid: number | null
}

export type Exit = {
  code: number | null
  signal: string | null
  at: string
  /** The system ended it since it wanted more memory than it may have; the limit is null where the machine's was reached. */
  outOfMemory?: { limitBytes: number | null } | undefined
  /** Somebody else ended it, or it ended with the engine or the machine: no failure of the program's. */
  isForeign?: true | undefined
}

/** "exit code 1", "SIGKILL": how a sentence names an end. */
export function sayExit(exit: Pick<Exit, 'code' | 'signal' | 'outOfMemory'> | null): string {
  if (exit === null) return 'unknown exit'
  if (exit.outOfMemory !== undefined) {
    const { limitBytes } = exit.outOfMemory
    return limitBytes === null ? 'out of memory' : `out of memory, limit ${sayBytes(limitBytes)}`
  }
  return exit.signal ?? `exit code ${exit.code ?? 'unknown'}`
}

/** A line an instance wrote. `at` is when Naru read it, ISO 8601 in UTC. */
export type LogLine = {
  /** Position in the environment's log: larger is later. Reading can go on after it. */
  position: number
  at: string
  instance: InstanceId
  service: string
  release: number
  text: string
}
