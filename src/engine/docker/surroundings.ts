import type { Log } from '../../base/log.ts'
import type { LogBooks } from '../log/log-books.ts'
import type { Daemon } from './daemon.ts'
import type { Networks } from './networks.ts'

/** What everything in this engine works with. */
export type DockerSurroundings = {
  daemon: Daemon
  /** From `serverId`. */
  server: string
  /** Of this engine, for what the daemon does not keep. */
  folder: string
  networks: Networks
  books: LogBooks
  log: Log
  /** Fires when the engine is closed. */
  closing: AbortSignal
  /** Whether a program that ended then was ended by a daemon that went away or came back, not by itself. */
  endedByDaemon(atMs: number): boolean
  changed(): void
}
