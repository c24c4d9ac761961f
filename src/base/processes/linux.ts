import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { ProcessEntry, ProcessUsage, ProcessWay } from './way.ts'

/** By `/proc`. */
export const linux: ProcessWay = {
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  one: (pid) => parseStat(readProc(`${pid}/stat`)),
  all: () =>
    readdirSync('/proc')
      .filter(isNumber)
      .map((name) => linux.one(Number(name)))
      .filter((entry) => entry !== null),
  ageMs: ({ startTime }) => Number.parseFloat(readProc('uptime')) * 1000 - startTime * msPerTick,
  usage: (pid) => parseUsage(readProc(`${pid}/stat`)),
  hasLivingThreads: (pid) => threads(pid) > 1,
  carriers: (pids, name, value) =>
    new Set(
      pids.filter((pid) => `\0${readProc(`${pid}/environ`)}`.includes(`\0${name}=${value}\0`)),
    ),
  listeners: async (pids) => {
    const sockets = await listeningSockets()
    const owned = pids && new Set((await Promise.all(pids.map(socketsOf))).flat())
    return sockets.filter(({ inode }) => owned?.has(inode) ?? true).map(({ port }) => port)
  },
  holder: async (wanted) => {
    const sockets = (await listeningSockets()).filter(({ port }) => port === wanted)
    const inodes = new Set(sockets.map(({ inode }) => inode))
    for (const pid of (await readdir('/proc')).filter(isNumber).map(Number))
      if (inodes.size > 0 && (await socketsOf(pid)).some((inode) => inodes.has(inode)))
        return { pid, name: readProc(`${pid}/comm`).trim() }
    return null
  },
  readsItself: 'IFS= read -r stat </proc/$$/stat',
  parse: parseStat,
}

/** Of the times in `/proc`: the same on every machine that Node.js runs on. */
const msPerTick = 10

/** One line of `/proc/<pid>/stat`; null if it is none. The program's name in it may hold spaces and brackets. */
function parseStat(line: string): ProcessEntry | null {
  const pid = Number.parseInt(line, 10)
  const [state, , group, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const startTime = Number(rest[16])
  if (!(pid > 0) || !state || !group || !(startTime >= 0)) return null
  return { pid, state, group: Number(group), startTime }
}

/** Pages of 4096 bytes, as on every machine that Node.js runs on but some ARM servers, where this says too little. */
const pageBytes = 4096

function parseUsage(line: string): ProcessUsage | null {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [own, system, pages] = [fields[11], fields[12], fields[21]].map(Number)
  if (own === undefined || system === undefined || !(pages !== undefined && pages >= 0)) return null
  return { cpuSeconds: ((own + system) * msPerTick) / 1000, memoryBytes: pages * pageBytes }
}

async function listeningSockets(): Promise<{ port: number; inode: string }[]> {
  // No such file: no IPv6 here.
  const tables = ['tcp', 'tcp6'].map((family) =>
    readFile(`/proc/net/${family}`, 'utf8').catch(() => ''),
  )
  return (await Promise.all(tables))
    .flatMap((table) => table.split('\n').slice(1))
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

function threads(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length
  } catch {
    return 0 // It has just ended.
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return '' // It has just ended, or is not ours to look at.
  }
}

const isNumber = (name: string): boolean => /^\d+$/.test(name)
