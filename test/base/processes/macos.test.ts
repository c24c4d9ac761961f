import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { linux } from '../../../src/base/processes/linux.ts'
import { byPs, parseLsof, parsePs } from '../../../src/base/processes/macos.ts'

/** As `TZ=UTC0 LC_ALL=C ps -ax -o pid=,pgid=,stat=,lstart=` of macOS prints them. */
const recorded = `    1     1 Ss   Tue Mar  3 08:12:45 2026
  341   341 Ss   Tue Mar  3 08:12:59 2026
 4021  4021 S+   Tue Mar  3 21:00:01 2026
 4022  4021 Z    Tue Mar 31 00:00:00 2026
99812 99812 R    Wed Nov 25 01:02:03 2026`

/** As `lsof -nP -iTCP -sTCP:LISTEN -F pcn` of macOS prints them. */
const listened = `p512
crapportd
f8
n*:49152
f9
n*:49152
p4021
cnode
f21
n127.0.0.1:3000
f22
n[::1]:3001
p4100
cControl Ce
f10
n*:*
`

describe('what ps of macOS says', () => {
  it('is a process a line, its start in seconds since 1970', () => {
    expect(recorded.split('\n').map(parsePs)).toEqual([
      { pid: 1, group: 1, state: 'S', startTime: Date.UTC(2026, 2, 3, 8, 12, 45) / 1000 },
      { pid: 341, group: 341, state: 'S', startTime: Date.UTC(2026, 2, 3, 8, 12, 59) / 1000 },
      { pid: 4021, group: 4021, state: 'S', startTime: Date.UTC(2026, 2, 3, 21, 0, 1) / 1000 },
      { pid: 4022, group: 4021, state: 'Z', startTime: Date.UTC(2026, 2, 31) / 1000 },
      { pid: 99812, group: 99812, state: 'R', startTime: Date.UTC(2026, 10, 25, 1, 2, 3) / 1000 },
    ])
  })

  it('is no process where a line is anything else', () => {
    for (const line of ['', 'void', '  PID  PGID STAT STARTED', '12 12 S yesterday', '1 (sh) S 0'])
      expect(parsePs(line)).toBeNull()
  })
})

describe('what lsof says', () => {
  it('is who listens on which port, on any address', () => {
    expect(parseLsof(listened)).toEqual([
      { pid: 512, name: 'rapportd', port: 49_152 },
      { pid: 512, name: 'rapportd', port: 49_152 },
      { pid: 4021, name: 'node', port: 3000 },
      { pid: 4021, name: 'node', port: 3001 },
    ])
    expect(parseLsof('')).toEqual([])
  })
})

// The `ps` of Linux takes the same words but for how it is told to print environments.
describe.skipIf(process.platform !== 'linux')('the way of ps, asked on Linux,', () => {
  const ps = byPs({ all: 'axeww' })
  const child = async (environment: Record<string, string>) => {
    const started = spawn('sleep', ['1000'], {
      env: { PATH: process.env.PATH, ...environment },
      detached: true,
      stdio: 'ignore',
    })
    await once(started, 'spawn')
    return started
  }

  it('tells of the same processes as /proc', async () => {
    const started = await child({})
    try {
      const pid = started.pid ?? 0
      const [mine, its] = [ps.one(pid), linux.one(pid)]
      expect(mine).toMatchObject({ pid, group: its?.group })
      expect(Math.abs((mine?.startTime ?? 0) * 1000 - Date.now())).toBeLessThan(60_000)
      expect(ps.all().some((entry) => entry.pid === pid)).toBe(true)
      expect(ps.one(process.pid)?.group).toBe(linux.one(process.pid)?.group)
    } finally {
      started.kill('SIGKILL')
    }
    await once(started, 'exit')
    // A look holds for a moment.
    for (const end = Date.now() + 10_000; ps.one(started.pid ?? 0) !== null && Date.now() < end; )
      await nextTurn()
    expect(ps.one(started.pid ?? 0)).toBeNull()
  })

  it('finds those that carry a variable, and only with that very value', async () => {
    const [one, other] = [
      await child({ NARU_INSTANCE: 'web-abc', LAST: 'x' }),
      await child({ NARU_INSTANCE: 'web-abcd' }),
    ]
    try {
      const pids = [one.pid ?? 0, other.pid ?? 0]
      for (const way of [ps, linux]) {
        expect(way.carriers(pids, 'NARU_INSTANCE', 'web-abc')).toEqual(new Set([one.pid]))
        expect(way.carriers([other.pid ?? 0], 'NARU_INSTANCE', 'web-abc')).toEqual(new Set())
      }
    } finally {
      one.kill('SIGKILL')
      other.kill('SIGKILL')
    }
  })

  it('lets a shell tell of itself in a line that it reads', async () => {
    for (const way of [ps, linux]) {
      const shell = spawn('/bin/sh', ['-c', `${way.readsItself}; printf %s "$stat"`])
      const [line] = (await once(shell.stdout, 'data')) as [Buffer]
      expect(way.parse(line.toString())).toMatchObject({ pid: shell.pid })
    }
  })
})

describe.skipIf(process.platform !== 'linux')('/proc', () => {
  it('tells who listens on a port', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await linux.holder(port)).toMatchObject({ pid: process.pid })
    expect(await linux.listeners()).toContain(port)
    expect(await linux.listeners([process.pid])).toContain(port)
    server.close()
  })
})
