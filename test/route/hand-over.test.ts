import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { CallRefused, callRouter } from '../../src/route/builtin/control-client.ts'
import type { Identity } from '../../src/route/builtin/protocol.ts'
import { until as eventually, isAlive, processesOf } from '../support/naru.ts'
import { backend, freePort, routeTo } from './backend.ts'
import { bundle, echoes, Lab, type Started } from './lab.ts'
import { ask, crowd } from './visitor.ts'

const lab = new Lab()
const serverThatHandsOver = join(lab.root, 'server-that-hands-over.cjs')
const oldRouter = join(lab.root, 'old-router.cjs')

beforeAll(async () => {
  await bundle('test/route/programs/server-that-hands-over.ts', serverThatHandsOver)
  await bundle('test/route/programs/old-router.ts', oldRouter)
})

const identity = (folder: string): Promise<Identity> =>
  callRouter(folder, 'GET /identity', { timeoutMs: 5_000 })

/** Another program that is a router in the end, after it has done this. */
function programThat(first: string): string {
  const file = join(lab.newFolder(), '..', 'newer.cjs')
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `${first}\n;process.argv[1] = ${JSON.stringify(file)}\n`)
  return file
}
const load = `require(${JSON.stringify(lab.program)})`

/** An app that answers `/slow` when it is told to, streams at `/events`, and says how long a body was. */
async function app() {
  const held: ServerResponse[] = []
  const made = await backend((request, response) => {
    if (request.url === '/slow') return void held.push(response)
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: first\n\n')
      held.push(response)
      return
    }
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
    })
    request.on('end', () => response.end(`got ${length}`))
  })
  lab.endings.push(made.close)
  made.server.on('upgrade', (_, socket) => {
    socket.on('error', () => {})
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
    )
    socket.pipe(socket)
  })
  const holds = (count: number) => eventually(() => held.length >= count, `${count} held requests`)
  return { ...made, held, holds }
}

async function shop(): Promise<Started & { app: Awaited<ReturnType<typeof app>> }> {
  const started = await lab.start()
  const made = await app()
  await started.router.apply({ number: 1, routes: [routeTo([made])] })
  return { ...started, app: made }
}

/** A stream that is open, and what came of it so far. */
function stream(port: number): Promise<{ text(): string; ended: Promise<void> }> {
  let text = ''
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, path: '/events', headers: { host: 'shop.test' }, agent: false },
      (response) => {
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        const ended = new Promise<void>((end, fail) =>
          response.once('end', end).once('error', fail),
        )
        response.once('data', () => resolve({ text: () => text, ended }))
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}

/** A body of which half is sent before, and half when told. */
function upload(port: number): { finish(): Promise<string> } {
  const half = Buffer.alloc(100_000, 'a')
  const asking = request({
    ...{ host: '127.0.0.1', port, path: '/upload', method: 'POST', agent: false },
    headers: { host: 'shop.test', 'content-length': 2 * half.length },
  })
  const answer = new Promise<string>((resolve, reject) => {
    asking.once('response', (response) => {
      response.setEncoding('utf8')
      response.once('data', resolve).once('error', reject)
    })
    asking.on('error', reject)
  })
  asking.write(half)
  return {
    finish: () => {
      asking.end(half)
      return answer
    },
  }
}

describe('a router that hands over', () => {
  it('twice loses nothing: requests, bodies, upgraded connections and streams', async () => {
    const { router, port, app } = await shop()
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    lab.endings.push(() => agent.destroy())
    const wanted = ({ status }: { status: number }) => status === 200
    const post = { port, method: 'POST', body: Buffer.alloc(20_000, 'b') }
    const crowds = [
      crowd(4, () => ask({ port, agent }), wanted),
      crowd(2, () => ask({ port }), wanted),
      crowd(
        2,
        () => ask({ ...post, agent }),
        ({ body }) => body === 'got 20000',
      ),
      crowd(
        2,
        () => ask(post),
        ({ body }) => body === 'got 20000',
      ),
    ]
    const slow = ask({ port, path: '/slow' })
    const events = await stream(port)
    const socket = await lab.upgraded(port)
    const body = upload(port)
    await app.holds(2)
    const pids = [router.pid]
    for (const word of ['first', 'second']) {
      const before = crowds.map((each) => each.asked())
      await router.handOver()
      pids.push(router.pid)
      expect(await echoes(socket, word)).toBe(true)
      await eventually(
        () => crowds.every((each, at) => each.asked() > (before[at] ?? 0) + 20),
        'visitors to come',
      )
    }
    expect(new Set(pids).size).toBe(3)
    for (const each of crowds) expect((await each.stop()).failures).toEqual([])
    expect(await body.finish()).toBe('got 200000')
    for (const response of app.held) response.end('data: last\n\n')
    expect((await slow).status).toBe(200)
    await events.ended
    expect(events.text()).toBe('data: first\n\ndata: last\n\n')
    expect(await echoes(socket, 'still here')).toBe(true)
    expect(isAlive(pids[0] ?? 0)).toBe(true)
    socket.destroy()
    agent.destroy()
    await eventually(() => !isAlive(pids[0] ?? 0) && !isAlive(pids[1] ?? 0), 'the elders to end')
    expect(isAlive(pids[2] ?? 0)).toBe(true)
  })

  it('tells kept connections to go with their next answer, which follows the newest table', async () => {
    const { router, port } = await shop()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    lab.endings.push(() => agent.destroy())
    await ask({ port, agent })
    await router.handOver()
    await router.apply({ number: 2, routes: [routeTo([await lab.says('new')])] })
    const answer = await ask({ port, agent })
    expect(answer.body).toBe('new')
    expect(answer.headers.connection).toBe('close')
    expect((await ask({ port, agent })).headers.connection).toBe('keep-alive')
  })

  it('leaves the answer to a body that nobody takes readable, however much of it is still to come', async () => {
    const { router, port } = await shop()
    const socket = connect(port, '127.0.0.1')
    const errors: Error[] = []
    socket.on('error', (error) => errors.push(error))
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.write('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n')
    await eventually(() => text.includes('got 0'), 'the first answer')

    await router.handOver()
    await router.apply({ number: 2, routes: [routeTo([])] })
    text = ''
    socket.write('POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4000000\r\n\r\n')
    for (let sent = 0; sent < 4_000_000; sent += 100_000) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      socket.write(Buffer.alloc(100_000))
    }
    await closed
    expect(text).toMatch(/^HTTP\/1\.1 503 /)
    expect(errors).toEqual([])
  })

  it('keeps an instance from being stopped under a request that an older router carries', async () => {
    const { router, port, app } = await shop()
    const slow = ask({ port, path: '/slow' })
    await app.holds(1)
    await router.handOver()
    await router.handOver()
    await router.apply({ number: 2, routes: [] })
    let isDrained = false
    const drain = router.drain(app.id, 60).then((said) => {
      isDrained = true
      return said
    })
    expect(await router.drain(app.id, 0.2)).toEqual({ leftInFlight: 1 })
    expect(isDrained).toBe(false)
    app.held[0]?.end('whole')
    expect((await slow).body).toBe('whole')
    expect(await drain).toEqual({ leftInFlight: 0 })
  })

  it('still does so when the newer one dies meanwhile', async () => {
    const { router, port, app } = await shop()
    const slow = ask({ port, path: '/slow' })
    await app.holds(1)
    await router.handOver()
    await router.apply({ number: 2, routes: [] })
    process.kill(router.pid, 'SIGKILL')
    expect(await router.drain(app.id, 0.2)).toEqual({ leftInFlight: 1 })
    const drain = router.drain(app.id, 60)
    app.held[0]?.end('whole')
    expect((await slow).body).toBe('whole')
    expect(await drain).toEqual({ leftInFlight: 0 })
  })

  it('is not held up by an older one that dies meanwhile', async () => {
    const { router, port, app } = await shop()
    const lost = ask({ port, path: '/slow' }).catch(() => 'lost')
    await app.holds(1)
    const older = router.pid
    await router.handOver()
    await router.apply({ number: 2, routes: [] })
    const drain = router.drain(app.id, 60)
    process.kill(older, 'SIGKILL')
    expect(await drain).toEqual({ leftInFlight: 0 })
    expect(await lost).toBe('lost')
    expect((await router.traffic())[0]).toMatchObject({ requests: 1, inFlight: 0 })
  })

  it('cuts an older router’s upgraded connections at the end of a drain', async () => {
    const { router, port, app } = await shop()
    const socket = await lab.upgraded(port)
    await router.handOver()
    await router.apply({ number: 2, routes: [] })
    const cut = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    expect(await router.drain(app.id, 0.1)).toEqual({ leftInFlight: 1 })
    await cut
  })

  it('counts every request once, whoever answered it', async () => {
    const { router, port, app } = await shop()
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const visitors = crowd(
      4,
      () => ask({ port, agent }),
      ({ status }) => status === 200,
    )
    const slow = ask({ port, path: '/slow' })
    await app.holds(1)
    const older = router.pid
    for (let time = 0; time < 2; time++) {
      await router.handOver()
      const before = visitors.asked()
      await eventually(() => visitors.asked() > before + 50, 'visitors to come')
    }
    const { asked, failures } = await visitors.stop()
    expect(failures).toEqual([])
    const [during] = await router.traffic()
    expect(during).toMatchObject({ requests: asked + 1, inFlight: 1 })
    app.held[0]?.end()
    await slow
    agent.destroy()
    await eventually(() => !isAlive(older), 'the oldest to end')
    await eventually(async () => (await router.traffic())[0]?.inFlight === 0, 'the last count')
    const [after, ...others] = await router.traffic()
    expect(others).toEqual([])
    expect(after).toMatchObject({ requests: asked + 1, inFlight: 0 })
    expect(after?.outcomes['2xx']).toBe(asked + 1)
    expect(after?.latencies.reduce((sum, each) => sum + each, 0)).toBe(asked + 1)
  })

  it('keeps three that have something in flight, and ends the oldest', async () => {
    const { router, port } = await shop()
    const sockets: Socket[] = []
    const pids: number[] = []
    for (let time = 0; time < 4; time++) {
      sockets.push(await lab.upgraded(port))
      pids.push(router.pid)
      await router.handOver()
    }
    await eventually(() => !isAlive(pids[0] ?? 0), 'the oldest to end')
    await eventually(() => sockets[0]?.destroyed === true, 'its connection to end')
    for (const socket of sockets.slice(1)) expect(await echoes(socket, 'here')).toBe(true)
    await router.shutdown()
    for (const pid of pids) expect(isAlive(pid)).toBe(false)
  })

  it('does so once for two who ask at the same time', async () => {
    const { router, folder, port } = await shop()
    const older = router.pid
    const answers = await Promise.allSettled(
      [1, 2].map(() => callRouter(folder, 'POST /hand-over', { body: {}, timeoutMs: 20_000 })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = answers.find((each) => each.status === 'rejected')?.reason as CallRefused
    expect(refused).toBeInstanceOf(CallRefused)
    expect(refused.status).toBe(409)
    await eventually(() => router.pid !== older, 'the server to notice')
    await Promise.all([router.handOver(), router.handOver()])
    expect((await ask({ port })).body).toBe('got 0')
    await eventually(() => routersOf(folder).length === 1, 'one router to be left')
  })

  it('gives the newer one its table, whatever became of the file', async () => {
    const { router, folder, port } = await shop()
    await router.close()
    writeFileSync(join(folder, 'table.json'), '{"version":1,"tab')
    await callRouter(folder, 'POST /hand-over', { body: {}, timeoutMs: 20_000 })
    expect((await ask({ port })).body).toBe('got 0')
    expect((await identity(folder)).served).toBe(1)
  })

  it('lets a table wait for it, and loses none', async () => {
    const { router, port } = await shop()
    const newer = await lab.says('new')
    const handOver = router.handOver(programThat(`setTimeout(() => ${load}, 500)`))
    await router.apply({ number: 2, routes: [routeTo([newer])] })
    await handOver
    const { pid } = router
    expect((await ask({ port })).body).toBe('new')
    expect(await router.served()).toBe(2)
    expect(router.pid).toBe(pid)
  })
})

describe('a newer router that goes wrong', () => {
  it.each([
    ['crashes at its start', "throw new Error('broken on purpose')"],
    ['ends without a word', 'process.exit(0)'],
    ['is killed before it serves', "process.kill(process.pid, 'SIGKILL')"],
  ])('because it %s leaves the older one serving, and that is said', async (_, first) => {
    const { router, folder, port } = await shop()
    const older = router.pid
    const visitors = crowd(
      2,
      () => ask({ port }),
      ({ status }) => status === 200,
    )
    await expect(router.handOver(programThat(first))).rejects.toMatchObject({ code: 'router.down' })
    expect((await visitors.stop()).failures).toEqual([])
    expect(router.pid).toBe(older)
    expect(await router.apply({ number: 2, routes: [] })).toEqual({ number: 2, refused: [] })
    await eventually(() => routersOf(folder).length === 1, 'nothing of the newer one to be left')
    expect(readFileSync(join(folder, 'router.log'), 'utf8')).toContain(
      'does not come up: this one goes on',
    )
    const supervisor = (await identity(folder)).supervisor ?? 0
    process.kill(router.pid, 'SIGKILL')
    expect((await ask({ port })).status).toBe(404)
    expect(await router.served()).toBe(2)
    expect((await identity(folder)).supervisor).toBe(supervisor)
  })

  it('while the older one has no supervisor leaves nobody else taken for that', async () => {
    const { router, folder, port } = await shop()
    const supervisor = (await identity(folder)).supervisor ?? 0
    process.kill(supervisor, 'SIGKILL')
    await eventually(() => !isAlive(supervisor), 'the supervisor to die')
    await router.handOver(programThat('process.exit(1)')).catch(() => {}) // Unless it has just put itself right.
    const record = join(folder, 'supervisor.json')
    if (existsSync(record)) expect(readFileSync(record, 'utf8')).not.toContain('"pid":1,')
    process.kill(router.pid, 'SIGKILL')
    expect(await router.served()).toBe(1)
    expect((await ask({ port })).body).toBe('got 0')
  })

  it('because it is killed as soon as it serves is started again by its own supervisor', async () => {
    const { router, port } = await shop()
    await router.handOver()
    process.kill((router as { pid: number }).pid, 'SIGKILL')
    expect((await ask({ port })).body).toBe('got 0')
    expect(await router.served()).toBe(1)
  })
})

describe('a hand-over', () => {
  it('goes through when the server is killed in the middle of it', async () => {
    const folder = lab.newFolder()
    const port = await freePort()
    const newer = programThat(`setTimeout(() => ${load}, 1000)`)
    const args = [serverThatHandsOver, folder, lab.program, String(port), newer]
    const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const older = Number(
      await new Promise<Buffer>((resolve) => server.stdout.once('data', resolve)),
    )
    await eventually(() => routersOf(folder).length === 2, 'the newer one to start')
    server.kill('SIGKILL')
    const visitors = crowd(
      2,
      () => ask({ port }),
      ({ status }) => status === 404,
    )
    await eventually(async () => (await identity(folder)).pid !== older, 'the newer one to serve')
    expect((await visitors.stop()).failures).toEqual([])
    await eventually(() => !isAlive(older), 'the older one to end')
    const { router } = await lab.start({ folder, port, program: newer })
    expect((await identity(folder)).pid).toBe(router.pid)
  })

  it('leaves one router serving when the older one is killed in the middle of it', async () => {
    const { router, folder, port } = await shop()
    const older = router.pid
    const newer = programThat(`setTimeout(() => ${load}, 1000)`)
    const failed = router.handOver(newer).catch(() => 'failed')
    await eventually(() => routersOf(folder).length === 2, 'the newer one to start')
    process.kill(older, 'SIGKILL')
    expect((await ask({ port })).body).toBe('got 0')
    await failed
    await eventually(() => routersOf(folder).length === 1, 'one router to be left')
    expect((await ask({ port })).body).toBe('got 0')
    expect(await router.apply({ number: 2, routes: [] })).toEqual({ number: 2, refused: [] })
  })

  it('that is under way when all is to end, ends with it', async () => {
    const { router, folder } = await shop()
    const failed = router.handOver(programThat(`setTimeout(() => ${load}, 1000)`)).catch(() => 'no')
    await eventually(() => routersOf(folder).length === 2, 'the newer one to start')
    await router.shutdown()
    expect(await failed).toBe('no')
    await eventually(() => processesOf(folder).length === 0, 'every process to be gone', 5_000)
  })

  it('is what a server starts with that brings a newer program', async () => {
    const { router, folder, port, app } = await shop()
    const older = router.pid
    const slow = ask({ port, path: '/slow' })
    await app.holds(1)
    const visitors = crowd(
      2,
      () => ask({ port }),
      ({ status }) => status === 200,
    )
    await router.close()
    const { router: next } = await lab.start({ folder, port, program: programThat(load) })
    expect(next.pid).not.toBe(older)
    expect(next.isOlder).toBe(false)
    expect(await next.served()).toBe(1)
    expect((await visitors.stop()).failures).toEqual([])
    app.held[0]?.end('whole')
    expect((await slow).body).toBe('whole')
  })

  it('that fails at a server’s start is said, and the server goes on with the older router', async () => {
    const { router, folder, port } = await shop()
    await router.close()
    const { router: next } = await lab.start({
      folder,
      port,
      program: programThat('process.exit(1)'),
    })
    expect(next.pid).toBe(router.pid)
    expect(next.isOlder).toBe(true)
    expect(lab.said).toContain('the newer router does not come up: the running one serves on')
    expect((await ask({ port })).body).toBe('got 0')
  })

  it('is not asked of a router from before there was one: it is replaced', async () => {
    const folder = lab.newFolder()
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const port = await freePort()
    const args = [oldRouter, folder, String(port)]
    const old = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    lab.endings.push(() => old.kill('SIGKILL'))
    await new Promise((resolve) => old.stdout.once('data', resolve))
    expect((await ask({ port })).body).toBe('old')
    const { router } = await lab.start({ folder, port })
    expect(router.pid).not.toBe(old.pid)
    expect(await router.served()).toBe(7)
    expect((await ask({ port })).status).toBe(404)
  })
})

/** Process ids of the data planes of this folder, without their supervisors. */
const routersOf = (folder: string): number[] =>
  processesOf(folder).filter((pid) => {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return name !== 'sh' && name !== 'dash' && !commandLine(pid).includes('server-that-hands-over')
  })

const commandLine = (pid: number): string =>
  existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
