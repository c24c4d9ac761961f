import { spawnSync } from 'node:child_process'
import { runProgram } from '../program.ts'
import type { ProcessEntry, ProcessUsage, ProcessWay } from './way.ts'

/** For how long one look at all processes holds: a program is started for each, and several ask at the same time. */
const freshMs = 50

/**
 * By `ps`, `lsof` and `sysctl`, which macOS has and no `/proc`. `all`: the word that makes this
 * `ps` print every process with its environment, uncut.
 */
export function byPs({ all }: { all: string }): ProcessWay {
  let seen: { atMs: number; entries: Map<number, ProcessEntry> } | null = null
  let boot = ''

  const look = (): Map<number, ProcessEntry> => {
    const lines = ps(['-ax', '-o', columns]).split('\n')
    const entries = lines.map(parsePs).filter((entry) => entry !== null)
    seen = { atMs: performance.now(), entries: new Map(entries.map((it) => [it.pid, it])) }
    return seen.entries
  }
  const fresh = () => (seen && performance.now() - seen.atMs < freshMs ? seen.entries : look())

  return {
    bootId: () => {
      boot ||= say('sysctl', ['-n', 'kern.bootsessionuuid']).trim()
      return boot
    },
    // One that is not in the last look may be newer than it.
    one: (pid) => fresh().get(pid) ?? look().get(pid) ?? null,
    all: () => [...look().values()],
    ageMs: ({ startTime }) => Date.now() - startTime * 1000,
    usage: (pid) => parsePsUsage(ps(['-o', 'rss=,time=', '-p', String(pid)])),
    hasLivingThreads: () => false,
    carriers: (pids, name, value) => {
      const among = new Set(pids)
      const lines = ps([all, '-o', 'pid=,command=']).split('\n')
      return new Set(
        lines
          .filter((line) => `${line} `.includes(` ${name}=${value} `))
          .map((line) => Number.parseInt(line, 10))
          .filter((pid) => among.has(pid)),
      )
    },
    listeners: async (pids) =>
      (await listening([]))
        .filter(({ pid }) => pids?.includes(pid) ?? true)
        .map(({ port }) => port),
    holder: async (port) => {
      const [found] = (await listening([`:${port}`])).filter((it) => it.port === port)
      return found === undefined ? null : { pid: found.pid, name: found.name }
    },
    readsItself: `stat=$(TZ=UTC0 LC_ALL=C ps -o ${columns} -p $$)`,
    parse: parsePs,
  }
}

const columns = 'pid=,pgid=,stat=,lstart='

/** "  812   812 Ss   Wed Nov 25 01:01:24 2026"; null for anything else. Its seconds are those since 1970. */
export function parsePs(line: string): ProcessEntry | null {
  const [, pid, group, state, started] =
    /^\s*(\d+)\s+(\d+)\s+([A-Z])\S*\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s*$/.exec(line) ?? []
  const startTime = Date.parse(`${started} UTC`) / 1000
  if (pid === undefined || state === undefined || Number.isNaN(startTime)) return null
  return { pid: Number(pid), group: Number(group), state, startTime }
}

/** "  5120   1:02.50", in KiB, minutes and seconds, hours and days before them; null for anything else. */
export function parsePsUsage(line: string): ProcessUsage | null {
  const [, kibibytes, days = '0', times] = /^\s*(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line) ?? []
  if (kibibytes === undefined || times === undefined) return null
  const seconds = times.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return { cpuSeconds: Number(days) * 86_400 + seconds, memoryBytes: Number(kibibytes) * 1024 }
}

/** What `lsof -F pcn` says, a line for each field: p812, cnode, n*:8080, n127.0.0.1:3000, n[::1]:3000. */
export function parseLsof(text: string): { pid: number; name: string; port: number }[] {
  const found: { pid: number; name: string; port: number }[] = []
  let [pid, name] = [0, '']
  for (const line of text.split('\n')) {
    const value = line.slice(1)
    if (line.startsWith('p')) [pid, name] = [Number(value), '']
    else if (line.startsWith('c')) name = value
    else if (line.startsWith('n')) {
      const port = Number(/:(\d+)$/.exec(value)?.[1])
      if (port > 0) found.push({ pid, name, port })
    }
  }
  return found
}

async function listening(which: readonly string[]) {
  const args = ['-nP', `-iTCP${which.join('')}`, '-sTCP:LISTEN', '-F', 'pcn']
  // lsof ends with 1 where it finds nothing, and says what it found in any case.
  return parseLsof((await runProgram('lsof', args)).stdout.toString())
}

const ps = (args: string[]): string => say('ps', args)

/** In the same zone and language always: the times in it are compared with those of another day. */
const say = (program: string, args: string[]): string =>
  spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC0', LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  }).stdout ?? ''
