import type { Log } from '../../base/log.ts'
import type { Account } from './account.ts'
import type { OutputSpace } from './output-space.ts'
import type { Places } from './places.ts'
import type { PortBook } from './ports.ts'

/** What every instance, job and command of an engine shares. */
export type Surroundings = {
  places: Places
  account: Account
  ports: PortBook
  groupOf(app: string): Promise<number>
  log: Log
  space: OutputSpace
  /** The launcher's script. */
  script: string
  /** The script that leads to a command which is run by hand. */
  session: string
  /** Fires when the engine lets go of its instances. */
  closing: AbortSignal
  changed(): void
}
