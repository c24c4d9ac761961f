import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { livingProcess } from '../../src/base/processes.ts'
import { readJobRecord, writeJobRecord } from '../../src/engine/process/job-record.ts'
import { type Bench, isRoot, makeBench, printed, startEngine, testAccount } from './bench.ts'
import { execContract } from './exec-contract.ts'
import { runsContract } from './runs-contract.ts'

runsContract('process', makeBench)
execContract('process', makeBench)

describe('after kill -9 of the server', () => {
  let scripts: string
  let bench: Bench
  const servers: ChildProcess[] = []
  beforeAll(async () => {
    scripts = mkdtempSync(join(tmpdir(), 'naru-server-'))
    await build({
      entryPoints: [join(import.meta.dirname, 'server.ts')],
      outfile: join(scripts, 'server.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['@lydell/node-pty'],
    })
  })
  afterAll(() => rmSync(scripts, { recursive: true }))
  beforeEach(async () => {
    bench = await makeBench()
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) server.kill('SIGKILL')
    await bench.end()
  })

  const serve = async (spec: object): Promise<ChildProcess> => {
    await bench.engine.close()
    const args = [join(scripts, 'server.mjs'), bench.folder, JSON.stringify(spec)]
    const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    servers.push(server)
    if (server.stdout !== null) await once(server.stdout, 'data')
    return server
  }
  const kill = async (server: ChildProcess) => {
    server.kill('SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }
  const jobFolder = () => join(bench.folder, 'engine/jobs/hello.production.1')
  const texts = async () => {
    const found: string[] = []
    for await (const { text } of bench.engine.logs({ app: 'hello', environment: 'production' }))
      found.push(text)
    return found
  }

  it('at any moment, a job has run exactly once when the next server says how it ended', async () => {
    for (const [at, delayMs] of [0, 3, 6, 10, 15, 20, 30, 60, 150].entries()) {
      const job = await bench.job('echo "one of $NARU_RUN"; sleep 0.1; exit 9', { run: at + 1 })
      const server = await serve(job)
      await wait(delayMs)
      await kill(server)
      await bench.restart()
      expect(await bench.engine.run(job)).toMatchObject({ code: 9, signal: null })
      expect((await texts()).filter((text) => text === `one of ${at + 1}`)).toHaveLength(1)
    }
  }, 60_000)

  it('a job that was being cancelled is cancelled', async () => {
    const job = await bench.job('trap "" TERM; echo ready; while :; do sleep 0.1; done')
    bench.engine.run(job).catch(() => {}) // This server lets go of it.
    await printed(bench, /ready/)
    await bench.engine.close()
    const record = readJobRecord(jobFolder())
    if (record === null) throw new Error('there is no record')
    await writeJobRecord(jobFolder(), { ...record, ending: 'cancelled' })
    await bench.restart()
    const ended = bench.engine.run(job)
    await bench.engine.endRuns({ run: 1 }, 0.2)
    expect(await ended).toMatchObject({ cancelled: true, signal: 'SIGKILL' })
  })

  it('a job whose clock was set back meanwhile has no more time than it ever had', async () => {
    const job = await bench.job('echo ready; sleep 1000', { timeoutSeconds: 1 })
    bench.engine.run(job).catch(() => {}) // This server lets go of it.
    await printed(bench, /ready/)
    await bench.engine.close()
    const record = readJobRecord(jobFolder())
    if (record === null) throw new Error('there is no record')
    await writeJobRecord(jobFolder(), { ...record, startedAt: '2999-01-01T00:00:00.000Z' })
    await bench.restart()
    expect(await bench.engine.run(job)).toMatchObject({ timedOut: true })
  })

  it('a job that the machine took down with it was interrupted, and is not run again by itself', async () => {
    const job = await bench.job('echo begun; sleep 1000')
    bench.engine.run(job).catch(() => {}) // This server lets go of it.
    await printed(bench, /begun/)
    await bench.engine.close()
    const record = readJobRecord(jobFolder())
    if (record === null) throw new Error('there is no record')
    await writeJobRecord(jobFolder(), { ...record, boot: 'another boot' })
    await bench.restart()
    const end = { code: null, signal: null, timedOut: false, cancelled: false }
    expect(await bench.engine.run(job)).toEqual(end)
    expect(await texts()).toEqual(['begun'])
    await writeJobRecord(jobFolder(), record)
    await bench.restart()
    await bench.engine.endRuns({}, 0)
  })

  it('nothing is left of a command that was run by hand', async () => {
    const folder = join(bench.folder, 'engine/commands')
    const command = await bench.engine.open(await bench.command('echo $$; sleep 1000'))
    const [first] = (await once(command.output, 'data')) as [Buffer]
    const pid = Number(first.toString())
    expect(readdirSync(folder)).toHaveLength(1)
    // As the server that died would have left it: the next one finds the folder, and the process by its name.
    const next = await startEngine(bench.folder, () => {})
    expect(livingProcess(pid)).toBeNull()
    expect(readdirSync(folder)).toEqual([])
    await next.close()
  })
})

describe.skipIf(!isRoot)(
  `${isRoot ? 'as root' : 'as root (skipped here: these tests do not run as root)'}, a job and a command`,
  () => {
    it('run as the apps’ user with the app’s own group and no other, on a terminal too', async () => {
      const bench = await makeBench()
      try {
        await bench.engine.run(await bench.job('echo "job $(id -u) $(id -G)"'))
        const [, user, groups] = await printed(bench, /job (\d+) ([\d ]+)$/)
        expect(Number(user)).toBe(testAccount?.uid)
        expect(groups?.split(' ')).toHaveLength(1)
        for (const terminal of [null, { columns: 80, rows: 24, kind: 'xterm' }]) {
          const command = await bench.engine.open(
            await bench.command('echo "$(id -u) $(id -G)"', { terminal }),
          )
          const [said] = (await once(command.output, 'data')) as [Buffer]
          expect(said.toString().trim()).toBe(`${user} ${groups}`)
          await command.ended
        }
      } finally {
        await bench.end()
      }
    })

    it('cannot open the terminal of another app', async () => {
      const bench = await makeBench()
      try {
        const terminal = { columns: 80, rows: 24, kind: 'xterm' }
        const mine = await bench.engine.open(await bench.command('tty; sleep 1000', { terminal }))
        const [said] = (await once(mine.output, 'data')) as [Buffer]
        const device = said.toString().trim()
        expect(device).toMatch(/^\/dev\//)
        const place = { app: 'shop', environment: 'production' }
        const text = `echo bad >${device} && echo opened || echo refused`
        const other = await bench.engine.open(await bench.command(text, { place }))
        const [answer] = (await once(other.output, 'data')) as [Buffer]
        expect(answer.toString()).toBe('refused\n')
        const same = await bench.engine.open(await bench.command(text))
        const [own] = (await once(same.output, 'data')) as [Buffer]
        expect(own.toString()).toBe('opened\n')
      } finally {
        await bench.end()
      }
    })
  },
)
