/** What tells a process from every other that ever had its number on this boot. */
export type ProcessIdentity = {
  pid: number
  /** When it was started, in a unit of the system's own: larger is later, and only equality and order mean anything. */
  startTime: number
}

export type ProcessEntry = ProcessIdentity & {
  /** Number of its process group. */
  group: number
  /** One letter, as in `ps`: Z is a zombie. */
  state: string
}

/** Seconds of one core since it was started, and bytes of it that are in memory, shared ones too. */
export type ProcessUsage = { cpuSeconds: number; memoryBytes: number }

/** How one system tells of its processes. What cannot be seen is not there. */
export type ProcessWay = {
  /** Changes with every boot of the machine. */
  bootId(): string
  /** The process that has this number now, a zombie too. */
  one(pid: number): ProcessEntry | null
  /** Every process, zombies too. */
  all(): ProcessEntry[]
  /** For how long it has been there, in milliseconds; on Linux by no clock that can be set. */
  ageMs(process: ProcessIdentity): number
  /** What it has used, its children not included; null for one that is gone. */
  usage(pid: number): ProcessUsage | null
  /** Whether a zombie has threads that live, and with them its files. */
  hasLivingThreads(pid: number): boolean
  /** Which of them were started with this variable. */
  carriers(pids: readonly number[], name: string, value: string): Set<number>
  /** Ports that are listened on, any address. `pids`: only by these, and then by whom is not told. */
  listeners(pids?: readonly number[]): Promise<number[]>
  /** Who listens on a port. */
  holder(port: number): Promise<{ pid: number; name: string } | null>
  /** Shell words that set `stat` to the line of the shell that runs them, as `parse` reads it. */
  readsItself: string
  parse(line: string): ProcessEntry | null
}
