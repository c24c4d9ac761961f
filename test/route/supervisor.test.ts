import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { endBuiltinRouter } from '../../src/route/builtin/builtin-router.ts'
import { callRouter } from '../../src/route/builtin/control-client.ts'
import type { Identity } from '../../src/route/builtin/protocol.ts'
import { controlName, ownName, throughLink } from '../../src/route/builtin/socket-path.ts'
import { until as eventually, isAlive, processesOf } from '../support/naru.ts'
import { backend, routeTo } from './backend.ts'
import { echoes, Lab, served } from './lab.ts'
import { ask, crowd } from './visitor.ts'

const lab = new Lab()

const identity = (folder: string): Promise<Identity> =>
  callRouter(folder, 'GET /identity', { timeoutMs: 5_000 })
const supervisorOf = async (folder: string): Promise<number> =>
  (await identity(folder)).supervisor ?? 0

/** A router that serves an app which says "shop". */
async function shop(options?: Parameters<Lab['start']>[0]) {
  const started = await lab.start(options)
  await started.router.apply({ number: 1, routes: [routeTo([await lab.says('shop')])] })
  return { ...started, supervisor: await supervisorOf(started.folder) }
}

/** Visitors who all come at the same moment, each on a connection of their own. */
const burst = (port: number, visitors: number) =>
  Promise.all(Array.from({ length: visitors }, () => ask({ port })))

describe('a router that is killed', () => {
  it('keeps nobody out: who comes meanwhile waits and is answered', async () => {
    const { router, port } = await shop()
    for (let time = 0; time < 3; time++) {
      const back = served(router)
      process.kill(router.pid, 'SIGKILL')
      const answers = await burst(port, 50)
      expect(answers.map(({ body }) => body)).toEqual(new Array(50).fill('shop'))
      await back
    }
  })

  it('is back within a second with the table it had, when no server is there', async () => {
    const { router, folder, port } = await shop()
    await router.close()
    const tookMs: number[] = []
    for (let time = 0; time < 3; time++) {
      const { pid } = await identity(folder)
      const killedAt = performance.now()
      process.kill(pid, 'SIGKILL')
      expect((await ask({ port })).body).toBe('shop')
      tookMs.push(performance.now() - killedAt)
    }
    expect(Math.min(...tookMs)).toBeLessThan(1_000)
    const { router: next } = await lab.start({ folder, port })
    expect(await next.served()).toBe(1)
  })

  it('keeps its supervisor, which is no burden', async () => {
    const { router, folder, supervisor } = await shop()
    const back = served(router)
    process.kill(router.pid, 'SIGKILL')
    await back
    expect(await supervisorOf(folder)).toBe(supervisor)
    const status = readFileSync(`/proc/${supervisor}/status`, 'utf8')
    expect(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(3 * 1024)
  })

  it('is started by the server when its supervisor was killed with it', async () => {
    const { router, folder, port, supervisor } = await shop()
    const back = served(router)
    process.kill(supervisor, 'SIGKILL')
    process.kill(router.pid, 'SIGKILL')
    await back
    expect((await ask({ port })).body).toBe('shop')
    expect(isAlive(await supervisorOf(folder))).toBe(true)
  })
})

describe('a supervisor that is killed', () => {
  it.each(['alive', 'dead'])(
    'is replaced without a visitor lost, with the server %s',
    async (server) => {
      const { router, folder, port, supervisor } = await shop()
      if (server === 'dead') await router.close()
      const visitors = crowd(
        4,
        () => ask({ port }),
        ({ body }) => body === 'shop',
      )
      process.kill(supervisor, 'SIGKILL')
      await eventually(async () => {
        const now = await supervisorOf(folder)
        return now !== supervisor && now > 0
      }, 'another supervisor')
      const { asked, failures } = await visitors.stop()
      expect(asked).toBeGreaterThan(10)
      expect(failures).toEqual([])
      if (server === 'alive') return expect(await router.served()).toBe(1)
      const { router: next } = await lab.start({ folder, port })
      expect(await next.served()).toBe(1)
    },
  )
})

describe('a router whose program is broken', () => {
  it('is tried with pauses, writes a bounded log, is said, and serves once it is whole again', async () => {
    const folder = lab.newFolder()
    const program = join(lab.newFolder(), '..', 'own.cjs')
    mkdirSync(join(program, '..'), { recursive: true })
    copyFileSync(lab.program, program)
    const { router, port } = await shop({ folder, program })
    const log = join(folder, 'router.log')
    const before = statSync(log).size
    writeFileSync(program, "throw new Error('broken on purpose')")
    process.kill(router.pid, 'SIGKILL')
    const waiting = ask({ port })
    await eventually(
      () => lab.said.some((line) => line.includes('does not come up again')),
      'the server to say so',
    )
    const tries = readFileSync(log, 'utf8').split('Error: broken on purpose').length - 1
    expect(tries).toBeLessThan(12)
    expect(statSync(log).size - before).toBeLessThan(64 * 1024)
    copyFileSync(lab.program, program)
    expect((await waiting).body).toBe('shop')
    expect(await router.served()).toBe(1)
  })

  it('is tried on by its supervisor when the server that waits for it goes', async () => {
    const folder = lab.newFolder()
    const program = join(lab.newFolder(), '..', 'own.cjs')
    mkdirSync(join(program, '..'), { recursive: true })
    copyFileSync(lab.program, program)
    const { router, port, supervisor } = await shop({ folder, program })
    writeFileSync(program, 'process.exit(1)')
    process.kill(router.pid, 'SIGKILL')
    await eventually(
      () => lab.said.some((line) => line.includes('does not come up again')),
      'the server to say so',
    )
    await router.close()
    copyFileSync(lab.program, program)
    expect((await ask({ port })).body).toBe('shop')
    expect(await supervisorOf(folder)).toBe(supervisor)
    const { router: next } = await lab.start({ folder, port })
    expect(await next.served()).toBe(1)
  })

  it('does not fill the disk with what it says', async () => {
    const { router, folder } = await shop()
    const log = join(folder, 'router.log')
    writeFileSync(log, 'x'.repeat(5 * 1024 * 1024), { flag: 'a' })
    const back = served(router)
    process.kill(router.pid, 'SIGKILL')
    await back
    expect(statSync(log).size).toBeLessThan(1024 * 1024)
    expect(statSync(`${log}.1`).size).toBeGreaterThan(5 * 1024 * 1024)
  })
})

describe('ending a supervisor', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s answers what is in flight, turns new visitors away and leaves no process',
    async (signal) => {
      const { router, folder, port } = await lab.start()
      let release = () => {}
      const slow = await backend((_, response) => {
        release = () => response.end('whole')
      })
      lab.endings.push(slow.close)
      await router.apply({ number: 1, routes: [routeTo([slow])] })
      const inFlight = ask({ port })
      await new Promise<void>((resolve) => slow.server.once('request', () => resolve()))
      const { supervisor = 0 } = await identity(folder)
      await router.close()
      process.kill(supervisor, signal)
      await eventually(async () => {
        const visit = ask({ port, host: 'nowhere.test' })
        return visit.then(
          () => false,
          () => true,
        )
      }, 'the address to be free')
      release()
      expect((await inFlight).body).toBe('whole')
      await eventually(() => processesOf(folder).length === 0, 'supervisor and router to be gone')
    },
  )

  it('frees address and control socket before it is answered, so that another can take both', async () => {
    const { router, folder, port } = await lab.start()
    const slow = await backend(() => {})
    lab.endings.push(slow.close)
    await router.apply({ number: 1, routes: [routeTo([slow])] })
    const lost = ask({ port }).catch(() => 'lost')
    await new Promise<void>((resolve) => slow.server.once('request', () => resolve()))
    await router.close()
    await callRouter(folder, 'POST /shutdown', { body: { graceSeconds: 1 }, timeoutMs: 2_000 })
    expect(existsSync(join(folder, controlName))).toBe(false)
    const next = createServer()
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    next.close()
    expect(isAlive(router.pid)).toBe(true)
    await eventually(() => !isAlive(router.pid), 'the grace to be over')
    expect(await lost).toBe('lost')
  })

  it('does not touch an innocent process that got its number', async () => {
    const { router, folder, port, supervisor } = await shop()
    await router.close()
    process.kill(supervisor, 'SIGKILL')
    process.kill(router.pid, 'SIGKILL')
    await eventually(() => processesOf(folder).length === 0, 'both to die')
    const innocent = spawn('sleep', ['60'])
    lab.endings.push(() => innocent.kill())
    for (const name of ['router.json', 'supervisor.json']) {
      const file = join(folder, name)
      const record = JSON.parse(readFileSync(file, 'utf8')) as object
      writeFileSync(file, JSON.stringify({ ...record, pid: innocent.pid }))
    }
    const { router: next } = await lab.start({ folder, port })
    expect((await ask({ port })).body).toBe('shop')
    await next.shutdown()
    expect(isAlive(innocent.pid ?? 0)).toBe(true)
  })

  it('ends routers that have handed over to one that is gone with its supervisor', async () => {
    const { router, folder, port } = await lab.start()
    await router.apply({ number: 1, routes: [routeTo([await lab.echo()])] })
    const socket = await lab.upgraded(port)
    await router.handOver()
    await router.close()
    process.kill(await supervisorOf(folder), 'SIGKILL')
    process.kill(router.pid, 'SIGKILL')
    expect(await echoes(socket, 'alone')).toBe(true)
    const http = { host: '127.0.0.1', port }
    await endBuiltinRouter({ folder, program: lab.program, http, log: lab.log })
    expect(processesOf(folder)).toEqual([])
  })

  it('ends one whose router does not come up, too', async () => {
    const folder = lab.newFolder()
    const program = join(lab.newFolder(), '..', 'own.cjs')
    mkdirSync(join(program, '..'), { recursive: true })
    copyFileSync(lab.program, program)
    const { router } = await shop({ folder, program })
    writeFileSync(program, 'process.exit(1)')
    await router.close()
    process.kill(router.pid, 'SIGKILL')
    const http = { host: '127.0.0.1', port: 1 }
    await endBuiltinRouter({ folder, program, http, log: lab.log })
    expect(processesOf(folder)).toEqual([])
  })
})

describe('a supervised router', () => {
  it.each([
    'with spaces and $HOME "quotes" ’n’ `backquotes`; exit 1',
    `deep-${'-'.repeat(120)} and long`,
    '나루 ⛴',
  ])('lives in a folder named %s', async (name) => {
    const { router, folder, port } = await shop({ folder: lab.newFolder(name) })
    const back = served(router)
    process.kill(router.pid, 'SIGKILL')
    await back
    expect((await ask({ port })).body).toBe('shop')
    await router.handOver()
    expect((await ask({ port })).body).toBe('shop')
    expect(statSync(join(folder, 'router.log')).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::1', '::1'],
  ])('listens at %s, also after a death and a hand-over', async (host, at) => {
    const { router, port } = await lab.start({ host })
    const visit = async () =>
      (await fetch(`http://${at.includes(':') ? `[${at}]` : at}:${port}/`)).status
    expect(await visit()).toBe(404)
    const back = served(router)
    process.kill(router.pid, 'SIGKILL')
    await back
    expect(await visit()).toBe(404)
    await router.handOver()
    expect(await visit()).toBe(404)
  })
})

describe('the way to a socket whose path is too long', () => {
  it('leads through a link where there is no /proc', async () => {
    const { router, folder } = await shop({ folder: lab.newFolder(`long-${'-'.repeat(120)}`) })
    expect(readdirSync(throughLink(folder))).toContain(ownName(router.pid))
    const path = join(throughLink(folder), controlName)
    expect(Buffer.byteLength(path)).toBeLessThan(100)
    const socket = connect(path)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.destroy()
  })
})
