import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'

/** What tells a process from every other that ever had its number on this boot. */
export type ProcessIdentity = {
  pid: number
  /** Clock ticks after the boot at which it was started: field 22 of its `stat`. */
  startTime: number
}

export type ProcessEntry = ProcessIdentity & {
  /** Number of its process group. */
  group: number
  /** One letter, as in `ps`: Z is a zombie. */
  state: string
}

/** Changes with every boot of the machine. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** One line of `/proc/<pid>/stat`; null if it is none. The program's name in it may hold spaces and brackets. */
export function parseStat(line: string): ProcessEntry | null {
  const pid = Number.parseInt(line, 10)
  const [state, , group, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const startTime = Number(rest[16])
  if (!(pid > 0) || !state || !group || !(startTime >= 0)) return null
  return { pid, state, group: Number(group), startTime }
}

/** The process that has this number now, a zombie too; null if there is none. */
export const anyProcess = (pid: number): ProcessEntry | null => parseStat(readProc(`${pid}/stat`))

/** The process that has this number now; null if there is none or it is a zombie, which is dead. */
export function livingProcess(pid: number): ProcessEntry | null {
  const entry = anyProcess(pid)
  return entry === null || entry.state === 'Z' || entry.state === 'X' ? null : entry
}

/** Every living process; zombies are not. */
export function livingProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => livingProcess(Number(name)))
    .filter((entry) => entry !== null)
}

/** Whether the process was started with this variable. False where we may not look. */
export function hasVariable(pid: number, name: string, value: string): boolean {
  return `\0${readProc(`${pid}/environ`)}`.includes(`\0${name}=${value}\0`)
}

/** Ports that the processes listen on, any address, ascending; every port that anybody listens on without `pids`. */
export async function listeningPorts(pids?: readonly number[]): Promise<Set<number>> {
  const sockets = (await Promise.all(['tcp', 'tcp6'].map(listeningSockets))).flat()
  const owned =
    pids === undefined ? undefined : new Set((await Promise.all(pids.map(socketsOf))).flat())
  const ports = sockets.filter(({ inode }) => owned?.has(inode) ?? true).map(({ port }) => port)
  return new Set(ports.sort((a, b) => a - b))
}

async function listeningSockets(family: string): Promise<{ port: number; inode: string }[]> {
  const table = await readFile(`/proc/net/${family}`, 'utf8').catch(() => '') // No such file: no IPv6 here.
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((field) => field[3] === '0A')
    .map((field) => ({
      port: Number.parseInt(field[1]?.split(':').at(-1) ?? '', 16),
      inode: field[9] ?? '',
    }))
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => []) // It has just ended, or is not ours to look at.
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  ) // Closed meanwhile.
  return links
    .map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1])
    .filter((inode) => inode !== undefined)
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return '' // It has just ended, or is not ours to look at.
  }
}
