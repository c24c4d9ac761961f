import { linux } from './processes/linux.ts'
import { byPs } from './processes/macos.ts'
import type { ProcessEntry, ProcessIdentity, ProcessUsage, ProcessWay } from './processes/way.ts'

export type { ProcessEntry, ProcessIdentity } from './processes/way.ts'

/** The one place where it is decided how this system tells of its processes. */
const way: ProcessWay = process.platform === 'linux' ? linux : byPs({ all: '-axEww' })

/** Changes with every boot of the machine. */
export const bootId = (): string => way.bootId()

/** The process that has this number now, a zombie too; null if there is none. */
export const anyProcess = (pid: number): ProcessEntry | null => way.one(pid)

/** The process that has this number now; null if there is none or it is a zombie, which is dead. */
export function livingProcess(pid: number): ProcessEntry | null {
  const entry = way.one(pid)
  return entry !== null && isAlive(entry) ? entry : null
}

/** Every living process; zombies are not. */
export const livingProcesses = (): ProcessEntry[] => way.all().filter(isAlive)

/** For how long the process has been there, in milliseconds. */
export const ageMs = (process: ProcessIdentity): number => way.ageMs(process)

/** What these have used and use, those that are gone left out. */
export function usageOf(processes: readonly { pid: number }[]): ProcessUsage {
  const each = processes.map(({ pid }) => way.usage(pid)).filter((usage) => usage !== null)
  return {
    cpuSeconds: each.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memoryBytes: each.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  }
}

/** Which of these processes were started with this variable. One that we may not look at is not among them. */
export const carriersOf = (
  processes: readonly { pid: number }[],
  name: string,
  value: string,
): Set<number> =>
  way.carriers(
    processes.map(({ pid }) => pid),
    name,
    value,
  )

/** Ports that the processes listen on, any address, ascending; every port that anybody listens on without `pids`. */
export async function listeningPorts(pids?: readonly number[]): Promise<Set<number>> {
  return new Set((await way.listeners(pids)).sort((a, b) => a - b))
}

/** Who listens on a TCP port of this machine; null where nobody does, or it cannot be seen who. */
export const listenerOn = (port: number): Promise<{ pid: number; name: string } | null> =>
  way.holder(port)

/** Shell words that set the variable `stat` to a line about the shell itself, which `parseEntry` reads. */
export const readsItself = way.readsItself

/** Null if the line is none of `readsItself`. */
export const parseEntry = (line: string): ProcessEntry | null => way.parse(line)

/** The first thread of a process may be a zombie while others still hold its files open. */
const isAlive = ({ pid, state }: ProcessEntry): boolean =>
  (state !== 'Z' && state !== 'X') || way.hasLivingThreads(pid)
