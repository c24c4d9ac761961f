import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  anyProcess,
  bootId,
  carriersOf,
  livingProcess,
  livingProcesses,
} from '../../src/base/processes.ts'
import { settleRun } from '../../src/engine/process/launcher.ts'
import { type InstanceRecord, readRecord, writeRecord } from '../../src/engine/process/record.ts'
import { slugFolder } from '../../src/engine/process/slug.ts'
import type { SetSpec } from '../../src/model/set.ts'
import { type Bench, makeBench } from './bench.ts'
import { until } from './until.ts'

let scripts: string
let bench: Bench
const servers: ChildProcess[] = []

beforeAll(async () => {
  scripts = mkdtempSync(join(tmpdir(), 'naru-server-'))
  const entry = join(import.meta.dirname, 'server.ts')
  await build({
    entryPoints: [entry],
    outfile: join(scripts, 'server.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
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

/** Starts a server of its own process on the bench's folder, whose own engine is closed first. */
async function serve(set: SetSpec, count = 1): Promise<ChildProcess> {
  await bench.engine.close()
  const args = [join(scripts, 'server.mjs'), bench.folder, JSON.stringify(set), String(count)]
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  servers.push(server)
  return server
}

async function says(server: ChildProcess, word: string): Promise<void> {
  let heard = ''
  for await (const chunk of server.stdout ?? []) {
    heard += chunk
    if (heard.includes(word)) return
  }
}

async function kill9(server: ChildProcess): Promise<void> {
  server.kill('SIGKILL')
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
}

/** Processes that run a program for one app of this test. */
const running = (set: SetSpec) =>
  livingProcesses()
    .filter(({ pid }) => /^[^\0]*node\0/.test(commandOf(pid)) && folderOf(pid, set))
    .map(({ pid, startTime, group }) => ({ pid, startTime, group }))
const commandOf = (pid: number) =>
  existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
const folderOf = (pid: number, { body }: SetSpec) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(slugFolder(body))
  } catch {
    return false // It has just ended.
  }
}

describe('after kill -9 of the server', () => {
  it('instances run on, and the next server has each with the same pid, port and no double', async () => {
    const set = await bench.set('answers')
    const server = await serve(set, 2)
    await says(server, 'ensured')
    const before = await until('two programs', () => running(set).length === 2 && running(set))
    await kill9(server)
    expect(running(set)).toEqual(before)
    await bench.restart()
    await bench.engine.ensure(set, 2)
    const instances = await until('two healthy ones', async () => {
      const all = await bench.engine.list()
      return all.every(({ health }) => health === 'healthy') && all
    })
    expect(instances).toHaveLength(2)
    expect(instances.map(({ restarts }) => restarts)).toEqual([0, 0])
    expect(running(set)).toEqual(before)
    expect(new Set((await bench.ports.held()).values())).toEqual(
      new Set(instances.map(({ id }) => id)),
    )
  })

  it('at any moment of a start, the set has as many programs as it should and none is an orphan', async () => {
    const set = await bench.set('answers')
    for (const delayMs of [0, 3, 6, 9, 12, 16, 20, 25, 30, 40]) {
      const server = await serve(set, 2)
      await says(server, 'started')
      await wait(delayMs)
      await kill9(server)
      await bench.restart()
      await bench.engine.ensure(set, 2)
      const ids = await until('two healthy ones', async () => {
        const all = await bench.engine.list()
        return (
          all.length === 2 &&
          all.every(({ health }) => health === 'healthy') &&
          all.map(({ id }) => id)
        )
      })
      const named = running(set).map(({ pid }) =>
        ids.find((id) => carriersOf([{ pid }], 'NARU_INSTANCE', id).size > 0),
      )
      expect(named.sort()).toEqual(ids.sort())
      await bench.engine.stop(ids, 0)
      expect(running(set)).toEqual([])
      expect((await bench.ports.held()).size).toBe(0)
    }
  }, 60_000)

  it('an instance that was being stopped is stopped', async () => {
    const set = await bench.set('ignores-sigterm', { routed: false })
    const server = await serve(set)
    await says(server, 'ensured')
    await until('its child', () => running(set).length === 2)
    await kill9(server)
    const folder = await onlyInstance()
    const record = readRecord(folder) as InstanceRecord
    await writeRecord(folder, { ...record, stopping: { graceSeconds: 0.2, sent: false } })
    await bench.restart()
    expect(await bench.engine.list()).toMatchObject([{ health: 'stopping' }])
    await until('its end', async () => (await bench.engine.list()).length === 0)
    expect(running(set)).toEqual([])
  })
})

describe('a crash between the record of a start and the start', () => {
  it('leaves an instance that never started and is started when it is wanted', async () => {
    const set = await bench.set('answers')
    await bench.engine.ensure(set, 1)
    await end('web')
    await bench.restart()
    expect(await bench.engine.list()).toMatchObject([
      { health: 'down', reason: 'not started yet', restarts: 0 },
    ])
    await bench.engine.ensure(set, 1)
    await until('health', async () => (await bench.engine.list())[0]?.health === 'healthy')
    expect(running(set)).toHaveLength(1)
  })

  it('keeps a launcher that comes too late from starting anything', async () => {
    const file = join(bench.folder, 'run')
    expect(settleRun(file)).toEqual({ leader: null, exit: null, endedAt: null })
    const script = join(bench.folder, 'launch', 'launch.sh')
    const args = [
      '-c',
      'exec sh "$1" touch "$2" 3>>"$3" 4<"$3"',
      'sh',
      script,
      join(bench.folder, 'touched'),
      file,
    ]
    const [code] = await once(spawn('/bin/sh', args), 'exit')
    expect(code).toBe(0)
    expect(existsSync(join(bench.folder, 'touched'))).toBe(false)
    expect(settleRun(file).leader).toBeNull()
  })

  /** Ends the program and makes the folder look as if the server had died just before it. */
  async function end(service: string): Promise<void> {
    const folder = await onlyInstance()
    const record = readRecord(folder) as InstanceRecord
    expect(record.set.service).toBe(service)
    const [instance] = await bench.engine.list()
    await bench.engine.close()
    const pid = instance?.pid ?? 0
    if (livingProcess(pid)) process.kill(-pid, 'SIGKILL')
    await until('its end', () => livingProcess(pid) === null)
    await writeRecord(folder, { ...record, run: 2 })
  }
})

describe('a number that went to another process', () => {
  it('is never taken for the instance, and never signalled', async () => {
    const set = await bench.set('answers')
    await bench.engine.ensure(set, 1)
    const folder = await onlyInstance()
    const [instance] = await until('health', async () => {
      const all = await bench.engine.list()
      return all[0]?.health === 'healthy' && all
    })
    await bench.engine.close()
    process.kill(-(instance?.pid ?? 0), 'SIGKILL')
    await until('its end', () => livingProcess(instance?.pid ?? 0) === null)

    const innocent = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
    servers.push(innocent)
    const pid = innocent.pid ?? 0
    const startTime = (anyProcess(pid)?.startTime ?? 0) - 1
    const fields = Array.from({ length: 50 }, () => '0')
    fields[0] = String(pid)
    fields[1] = '(sh)'
    fields[2] = 'S'
    fields[4] = String(pid)
    fields[21] = String(startTime)
    writeFileSync(join(folder, 'run-1'), `start ${fields.join(' ')}\n`)

    await bench.restart()
    const [found] = await bench.engine.list()
    expect(found).toMatchObject({ health: 'down', pid: null })
    await bench.engine.stop([found?.id ?? ''], 0)
    expect(livingProcess(pid)?.startTime).toBe(startTime + 1)
  })

  it('counts as gone after the machine was started anew, whatever has its number', async () => {
    const set = await bench.set('answers')
    await bench.engine.ensure(set, 1)
    const folder = await onlyInstance()
    const instance = await until('health', async () => {
      const [found] = await bench.engine.list()
      return found?.health === 'healthy' && found
    })
    await bench.engine.close()
    const record = readRecord(folder) as InstanceRecord
    await writeRecord(folder, { ...record, boot: 'another boot' })
    await bench.restart()
    expect(await bench.engine.list()).toMatchObject([
      { health: 'down', lastExit: { code: null, signal: null } },
    ])
    expect(livingProcess(instance.pid ?? 0)).not.toBeNull()
    await writeRecord(folder, { ...record, boot: bootId() })
    await bench.restart()
  })

  it('is dead as a zombie', async () => {
    const script = 'sleep 0 & exec sleep 1000' // Nobody waits for the first one.
    const parent = spawn('/bin/sh', ['-c', script], { stdio: 'ignore' })
    servers.push(parent)
    const zombie = await until('a zombie', () => {
      const numbers = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
        .trim()
        .split(' ')
      return numbers
        .map((number) => anyProcess(Number(number)))
        .find((entry) => entry?.state === 'Z')
    })
    expect(livingProcess(zombie.pid)).toBeNull()
    expect(livingProcesses().some(({ pid }) => pid === zombie.pid)).toBe(false)
  })
})

async function onlyInstance(): Promise<string> {
  const [id = ''] = await readdir(join(bench.folder, 'engine', 'instances'))
  return join(bench.folder, 'engine', 'instances', id)
}
