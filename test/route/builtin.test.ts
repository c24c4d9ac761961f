import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtinRouter } from '../../src/route/builtin/builtin-router.ts'
import { isAlive } from '../support/naru.ts'
import { backend, freePort, routeTo } from './backend.ts'
import { routerContract } from './contract.ts'
import { bundle, echoes, Lab, served } from './lab.ts'
import { ask, crowd } from './visitor.ts'

const lab = new Lab()
const { root, program, endings, log } = lab
const start = (options?: Parameters<Lab['start']>[0]) => lab.start(options)
const newFolder = (name?: string) => lab.newFolder(name)
const says = (text: string) => lab.says(text)

routerContract('built-in', async () => {
  await bundle('src/main/router.ts', program)
  const folder = newFolder()
  const port = await freePort()
  const router = await builtinRouter({ folder, program, http: { host: '127.0.0.1', port }, log })
  return { router, port, end: () => router.shutdown() }
})

describe('the built-in router’s process', () => {
  it('keeps to a folder that only its owner can read', async () => {
    const { folder, router } = await start()
    await router.apply({ number: 1, routes: [] })
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const file of ['table.json', 'router.json', 'router.log'])
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  it('is started with nothing of the server’s environment', async () => {
    process.env['NARU_TEST_CANARY'] = 'canary-in-the-environment'
    const { router } = await start()
    delete process.env['NARU_TEST_CANARY']
    expect(readFileSync(`/proc/${router.pid}/environ`, 'utf8')).not.toContain('canary')
  })

  it('is back within a second of a SIGKILL, with the table it had, and says so', async () => {
    const { router, port } = await start()
    await router.apply({ number: 7, routes: [routeTo([await says('still here')])] })
    const back = served(router)
    const killedPid = router.pid
    const killedAt = performance.now()
    process.kill(killedPid, 'SIGKILL')
    await back
    expect(performance.now() - killedAt).toBeLessThan(1_000)
    expect(router.pid).not.toBe(killedPid)
    expect((await ask({ port })).body).toBe('still here')
    expect(await router.served()).toBe(7)
  })

  it('is started again however often it dies', async () => {
    const { router, port } = await start()
    await router.apply({ number: 1, routes: [routeTo([await says('shop')])] })
    for (let time = 0; time < 3; time++) {
      const back = served(router)
      process.kill(router.pid, 'SIGKILL')
      await back
      expect((await ask({ port })).body).toBe('shop')
    }
  })

  it('is waited for by a call that comes while it is gone', async () => {
    const { router, port } = await start()
    process.kill(router.pid, 'SIGKILL')
    expect(await router.apply({ number: 2, routes: [routeTo([await says('new')])] })).toMatchObject(
      { number: 2 },
    )
    expect((await ask({ port })).body).toBe('new')
  })

  it('has nothing in flight any more when it dies during a drain', async () => {
    const { router, port } = await start()
    const slow = await backend(() => {})
    endings.push(slow.close)
    await router.apply({ number: 1, routes: [routeTo([slow])] })
    const lost = ask({ port }).catch(() => 'lost')
    await new Promise<void>((resolve) => slow.server.once('request', () => resolve()))
    await router.apply({ number: 2, routes: [] })
    const drain = router.drain(slow.id, 60)
    process.kill(router.pid, 'SIGKILL')
    expect(await drain).toEqual({ leftInFlight: 0 })
    expect(await lost).toBe('lost')
  })

  it('is replaced when it hangs', async () => {
    const { router, port } = await start()
    await router.apply({ number: 1, routes: [routeTo([await says('shop')])] })
    const hung = router.pid
    process.kill(hung, 'SIGSTOP')
    expect(await router.served()).toBe(1)
    expect(router.pid).not.toBe(hung)
    expect(isAlive(hung)).toBe(false)
    expect((await ask({ port })).body).toBe('shop')
  })

  it('is adopted by the next server, with its connections', async () => {
    const { router, folder, port } = await start()
    await router.apply({ number: 3, routes: [routeTo([await lab.echo()])] })
    const socket = await lab.upgraded(port)
    await router.close()
    const { router: next } = await start({ folder, port })
    expect(next.pid).toBe(router.pid)
    expect(await next.served()).toBe(3)
    expect(await echoes(socket, 'ping')).toBe(true)
  })

  it('survives a SIGKILL of the server that started it, under load, and is kept by the next one', async () => {
    const folder = newFolder()
    const port = await freePort()
    const server = join(root, 'abandoning-server.cjs')
    await bundle('test/route/programs/abandoning-server.ts', server)
    const child = spawn(process.execPath, [server, folder, program, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = Number(await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve)))
    const visitors = crowd(
      4,
      () => ask({ port }),
      ({ status }) => status === 404,
    )
    while (visitors.asked() < 20) await ask({ port })
    await killed(child)
    for (let time = 0; time < 20; time++) await ask({ port })
    const { router } = await start({ folder, port })
    expect(router.pid).toBe(pid)
    expect((await visitors.stop()).failures).toEqual([])
    const back = served(router)
    process.kill(pid, 'SIGKILL')
    await back
    expect((await ask({ port })).status).toBe(404)
  })

  it('is replaced by the next server that wants another address', async () => {
    const { router, folder, port } = await start()
    await router.apply({ number: 4, routes: [routeTo([await says('moved')])] })
    await router.close()
    const moved = await start({ folder, port: await freePort() })
    expect(await moved.router.served()).toBe(4)
    expect((await ask({ port: moved.port })).body).toBe('moved')
    await expect(ask({ port })).rejects.toThrow()
  })

  it('takes a socket over that a dead router left', async () => {
    const { router, folder, port } = await start()
    await router.close()
    process.kill(router.pid, 'SIGKILL')
    while (isAlive(router.pid)) await new Promise(setImmediate)
    expect(existsSync(join(folder, 'control.sock'))).toBe(true)
    const { router: next } = await start({ folder, port })
    expect(next.pid).not.toBe(router.pid)
  })

  it('works in a folder whose path is too long for a socket', async () => {
    const { router } = await start({ folder: newFolder('deep-'.repeat(30)) })
    expect(await router.served()).toBe(0)
  })

  it('waits for the next table when the one on disk is broken', async () => {
    const { router, folder, port } = await start()
    await router.apply({ number: 5, routes: [] })
    await router.shutdown()
    const { writeFile } = await import('node:fs/promises')
    await writeFile(join(folder, 'table.json'), '{"version":1,"tab')
    const { router: next } = await start({ folder, port })
    expect(await next.served()).toBe(0)
    expect(await next.apply({ number: 6, routes: [] })).toEqual({ number: 6, refused: [] })
  })
})

describe('starting the built-in router', () => {
  it('names who holds its port', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    endings.push(() => holder.close())
    const { port } = holder.address() as { port: number }
    await expect(start({ port })).rejects.toMatchObject({
      code: 'server.port-taken',
      facts: {
        address: `127.0.0.1:${port}`,
        flag: '--http',
        holder: expect.stringContaining(`(pid ${process.pid})`),
      },
    })
  })

  it('says where to look when its program cannot run', async () => {
    const folder = newFolder()
    const broken = builtinRouter({
      folder,
      program: join(root, 'missing.cjs'),
      http: { host: '127.0.0.1', port: 0 },
      log,
    })
    await expect(broken).rejects.toMatchObject({
      code: 'server.start-failed',
      facts: { log: join(folder, 'router.log') },
    })
    expect(readFileSync(join(folder, 'router.log'), 'utf8')).toContain('missing.cjs')
  })
})

describe('ending the built-in router', () => {
  it('answers what is in flight, turns new visitors away and leaves no process', async () => {
    const { router, port } = await start()
    let release = () => {}
    const slow = await backend((_, response) => {
      release = () => response.end('whole')
    })
    endings.push(slow.close)
    await router.apply({ number: 1, routes: [routeTo([slow])] })
    const inFlight = ask({ port })
    await new Promise<void>((resolve) => slow.server.once('request', () => resolve()))
    const ended = router.shutdown()
    while (
      await ask({ port, host: 'nowhere.test' }).then(
        () => true,
        () => false,
      )
    );
    release()
    expect((await inFlight).body).toBe('whole')
    await ended
    expect(isAlive(router.pid)).toBe(false)
  })

  it('fails later calls with a reason', async () => {
    const { router } = await start()
    await router.shutdown()
    await expect(router.served()).rejects.toMatchObject({ code: 'router.down' })
  })
})

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
