import { fork } from 'node:child_process'
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defaultLimits, defaultTimeouts } from '../../src/model/route-bounds.ts'
import type { Patience } from '../../src/route/builtin/plane/patience.ts'
import { backend, routeTo } from './backend.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { ask, until } from './visitor.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
})

const open = async (patience: Partial<Patience> = {}): Promise<InProcess> => {
  const router = await inProcess(patience)
  endings.push(router.close)
  return router
}
const app = async (answer: (message: IncomingMessage, response: ServerResponse) => void) => {
  const made = await backend(answer)
  endings.push(made.close)
  return made
}
const dial = (router: InProcess, text = ''): Socket => {
  const socket = connect(router.port, '127.0.0.1', () => socket.write(text, 'latin1'))
  socket.on('error', () => {})
  endings.push(() => socket.destroy())
  return socket
}
/** All that comes until the other side ends. */
const all = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text))
  })
const timeouts = (more: Partial<typeof defaultTimeouts>) => ({
  timeouts: { ...defaultTimeouts, ...more },
})
const limits = (more: Partial<typeof defaultLimits>) => ({ limits: { ...defaultLimits, ...more } })

describe('a slow visitor', () => {
  it('who does not finish the head of a request gets a 408, and others are answered meanwhile', async () => {
    const router = await open({ headMs: 1_000 })
    router.apply(routeTo([await app((_, response) => response.end('fine'))]))
    const slow = dial(router, 'GET / HTTP/1.1\r\nHost: shop.test\r\nX-Slow: ')
    const drip = setInterval(() => slow.write('a'), 50)
    endings.push(() => clearInterval(drip))
    const silent = dial(router)
    const [ended, dropped] = [all(slow), all(silent)]
    expect((await ask({ port: router.port })).body).toBe('fine')
    expect(await ended).toMatch(/^HTTP\/1\.1 408 /)
    expect(await dropped).toMatch(/^(HTTP\/1\.1 408 |$)/)
  })

  it.each([
    ['of a known length', 'Content-Length: 100', 'begin'],
    ['in chunks', 'Transfer-Encoding: chunked', '5\r\nbegin\r\n'],
  ])('whose body %s stops gets a 408, and the app never a whole one', async (_, framing, begin) => {
    const router = await open({ bodyMs: 200 })
    let breaks: (error: Error) => void = () => {}
    const broken = new Promise((resolve) => {
      breaks = resolve
    })
    router.apply(routeTo([await app((message) => message.on('error', breaks).resume())]))
    const slow = dial(router, `POST / HTTP/1.1\r\nHost: shop.test\r\n${framing}\r\n\r\n${begin}`)
    expect(await all(slow)).toMatch(/^HTTP\/1\.1 408 /)
    await broken
  })

  it('whose body comes in small pieces is borne with, however long all of it takes', async () => {
    const router = await open({ bodyMs: 400 })
    router.apply(routeTo([await app((message, response) => message.pipe(response))]))
    const slow = dial(
      router,
      'POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: 10\r\n\r\n',
    )
    const drip = setInterval(() => slow.write('x'), 100)
    endings.push(() => clearInterval(drip))
    expect((await all(slow)).match(/^x\r$/gm)).toHaveLength(10)
  })

  it('whose requests all come at once is served one after the other, and not read ahead for ever', async () => {
    const router = await open()
    let now = 0
    let most = 0
    const made = await app((_, response) => {
      now += 1
      most = Math.max(most, now)
      setTimeout(() => {
        now -= 1
        response.end('next;')
      }, 2)
    })
    router.apply(routeTo([made]))
    const get = 'GET / HTTP/1.1\r\nHost: shop.test\r\n'
    const eager = dial(router, `${`${get}\r\n`.repeat(500)}${get}Connection: close\r\n\r\n`)
    expect((await all(eager)).match(/next;/g)).toHaveLength(501)
    expect(most).toBe(1)
  })

  it('who takes nothing of an answer is cut off, and the app is let go', async () => {
    const router = await open({ takeMs: 200 })
    let goes: () => void = () => {}
    const gone = new Promise<void>((resolve) => {
      goes = resolve
    })
    const endless = await app((message, response) => {
      message.socket.once('close', goes)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', more)
      more()
    })
    router.apply(routeTo([endless]))
    const asking = request({ port: router.port, host: '127.0.0.1', headers: { host: 'shop.test' } })
    endings.push(() => asking.destroy())
    asking.on('error', () => {})
    asking.on('response', () => {}).end() // Whose body nobody reads.
    await gone
  })

  it('who takes an answer slowly gets all of it', async () => {
    const router = await open({ takeMs: 500 })
    const size = 24_000_000
    router.apply(routeTo([await app((_, response) => response.end(Buffer.alloc(size)))]))
    const asking = request({ port: router.port, host: '127.0.0.1', headers: { host: 'shop.test' } })
    const got = await new Promise<number>((resolve, reject) => {
      asking.on('error', reject).on('response', (response) => {
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes % 7 !== 0) return
          response.pause()
          setTimeout(() => response.resume(), 20)
        })
        response.on('error', reject).on('end', () => resolve(bytes))
      })
      asking.end()
    })
    expect(got).toBe(size)
  })
})

describe('a WebSocket', () => {
  const upgrade =
    'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  /** An app that takes it up and leaves its side open, whatever the other does. */
  const upgradedApp = async (patience: Partial<Patience>) => {
    const router = await open(patience)
    const made = await app(() => {})
    const upgraded = new Promise<Socket>((resolve) => {
      made.server.on('upgrade', (_, socket: Socket) => {
        endings.push(() => socket.destroy())
        socket.on('error', () => {}).resume()
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
        )
        resolve(socket)
      })
    })
    router.apply(routeTo([made]))
    const client = dial(router, upgrade)
    await until(client, 'hello')
    return { router, client, there: await upgraded }
  }

  it('whose visitor ended it gets what the app still has to say, and ends when that is silent for a minute', async () => {
    const { router, client, there } = await upgradedApp({ halfMs: 300 })
    const said = all(client)
    const ended = new Promise((resolve) => there.once('end', resolve))
    client.end()
    await ended
    for (let time = 0; time < 4; time++) {
      there.write('more')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(router.upstreams.inFlight).toBe(1)
    expect(await said).toBe('moremoremoremore')
    await vi.waitUntil(() => router.upstreams.inFlight === 0, { timeout: 10_000 })
  })

  it('that both sides keep open may be silent for as long as they like', async () => {
    const { router, client, there } = await upgradedApp({
      halfMs: 50,
      headMs: 200,
      restMs: 50,
      bodyMs: 50,
    })
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(router.upstreams.inFlight).toBe(1)
    const answer = until(client, 'still here')
    there.write('still here')
    expect(await answer).toBe('still here')
  })
})

describe('a body that is larger than its route takes', () => {
  const setUp = async () => {
    const router = await open()
    let whole = 0
    const made = await app((message, response) => {
      message.on('error', () => {})
      message.on('end', () => {
        whole += 1
        response.end('taken')
      })
      message.resume()
    })
    router.apply(routeTo([made], limits({ bodyBytes: 1_000 })))
    const post = (bytes: number, headers = {}) =>
      ask({ port: router.port, method: 'POST', body: Buffer.alloc(bytes), headers })
    return { router, post, whole: () => whole }
  }
  const inChunks = { 'transfer-encoding': 'chunked' }

  it('is answered with 413, declared or in chunks, and never arrives whole', async () => {
    const { post, whole } = await setUp()
    for (const headers of [{}, inChunks]) {
      expect(await post(1_001, headers)).toMatchObject({
        status: 413,
        body: expect.stringContaining('1000 bytes'),
      })
      expect(whole()).toBe(0)
    }
    for (const headers of [{}, inChunks]) expect((await post(1_000, headers)).body).toBe('taken')
    expect(whole()).toBe(2)
  })

  it('is not asked for when the visitor waits to be told', async () => {
    const { router } = await setUp()
    const head = 'POST / HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\n'
    expect(await all(dial(router, `${head}Content-Length: 1001\r\n\r\n`))).toMatch(
      /^HTTP\/1\.1 413 /,
    )
  })

  it('leaves the connection usable when it was small enough to be read to its end', async () => {
    const { router } = await setUp()
    const socket = dial(
      router,
      `POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(2_000)}`,
    )
    await until(socket, '413')
    const next = until(socket, 'taken')
    socket.write('POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1\r\n\r\nx')
    expect(await next).toContain('200 OK')
  })

  it('may be sent to its end on a connection that closes after it: the answer is not taken away', async () => {
    const { router } = await setUp()
    for (const [path, status] of [
      ['/', 413],
      ['/nowhere', 404],
    ]) {
      const errors: Error[] = []
      const host = path === '/' ? 'shop.test' : 'nowhere.test'
      const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`
      const socket = dial(router, `${head}Content-Length: 1000000\r\n\r\n`)
      socket.on('error', (error) => errors.push(error))
      const answer = all(socket)
      for (let sent = 0; sent < 1_000_000; sent += 50_000) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        socket.write(Buffer.alloc(50_000))
      }
      expect(await answer).toMatch(`HTTP/1.1 ${status} `)
      expect(errors).toEqual([])
    }
  })

  it('may be in the middle of being sent then: whoever looks at nothing before has the answer all the same', async () => {
    const { port } = await open()
    const senders = fork('test/route/programs/senders.cjs', [String(port), '200'], { execArgv: [] })
    endings.push(() => senders.kill('SIGKILL'))
    const became = await new Promise((resolve) => senders.once('message', resolve))
    expect(became).toEqual({ 404: 200 })
  })

  it('that never ends is read for a while only', async () => {
    const router = await open({ lingerMs: 300 })
    router.apply(routeTo([await app(() => {})], limits({ bodyBytes: 1_000 })))
    const endless = dial(
      router,
      'POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const drip = setInterval(() => endless.write(`400\r\n${'x'.repeat(1024)}\r\n`), 10)
    endings.push(() => clearInterval(drip))
    expect(await all(endless)).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('an instance', () => {
  it('that accepts and never answers becomes a 504 after the time of its route, for a GET and a POST', async () => {
    const router = await open()
    let ended = 0
    const silent = await app((message) => {
      message.resume()
      message.socket.once('close', () => {
        ended += 1
      })
    })
    router.apply(routeTo([silent], timeouts({ answerSeconds: 1 })))
    const began = performance.now()
    const [get, post] = await Promise.all([
      ask({ port: router.port }),
      ask({ port: router.port, method: 'POST', body: 'order' }),
    ])
    expect([get.status, post.status]).toEqual([504, 504])
    expect(performance.now() - began).toBeGreaterThan(950)
    expect(performance.now() - began).toBeLessThan(8_000)
    await vi.waitUntil(() => ended === 2)
  })

  it('that is slow within the time of its route is waited for', async () => {
    const router = await open()
    const slow = await app((_, response) => setTimeout(() => response.end('late'), 1_500))
    router.apply(routeTo([slow], timeouts({ answerSeconds: 10 })))
    expect((await ask({ port: router.port })).body).toBe('late')
  })

  it('that falls silent in its answer breaks off after the idle time of its route; one that dribbles does not', async () => {
    const router = await open()
    const made = await app((message, response) => {
      response.write('begin')
      if (message.url === '/silent') return
      let pieces = 0
      const drip = setInterval(() => {
        response.write('x')
        if (++pieces === 8) {
          clearInterval(drip)
          response.end('end')
        }
      }, 300)
    })
    router.apply(routeTo([made], timeouts({ idleSeconds: 1 })))
    const [silent, dribbling] = await Promise.allSettled([
      ask({ port: router.port, path: '/silent' }),
      ask({ port: router.port }),
    ])
    expect(silent.status).toBe('rejected')
    expect(dribbling).toMatchObject({ value: { body: 'beginxxxxxxxxend' } })
  })

  it('that never accepts is given up after the connect time of its route: the next one answers, or nobody', async () => {
    const router = await open()
    const full = await deaf()
    const fine = await app((_, response) => response.end('fine'))
    const connectSeconds = 0.3
    router.apply(routeTo([full, fine], timeouts({ connectSeconds })))
    for (let time = 0; time < 10; time++) {
      const answer = await ask({ port: router.port, method: 'POST', body: 'order' })
      expect(answer.body).toBe('fine')
    }
    router.apply(routeTo([full], timeouts({ connectSeconds })))
    expect((await ask({ port: router.port })).status).toBe(503)
    expect(router.ejected).toContain(full.port)
  })

  it('that closes idle connections fails no POST, whether it says for how long it keeps them or not', async () => {
    const router = await open()
    const says = await app((message, response) => message.pipe(response))
    says.server.keepAliveTimeout = 3_000
    const silent = await app((message, response) => {
      response.removeHeader('keep-alive')
      response.setHeader('connection', 'keep-alive')
      message.pipe(response)
    })
    silent.server.keepAliveTimeout = 1_500
    router.apply(routeTo([says]), routeTo([silent], { host: 'silent.test', app: 'silent' }))
    const agent = new Agent({ keepAlive: true })
    endings.push(() => agent.destroy())
    const visitors = Array.from({ length: 40 }, async (_, at) => {
      const failures: number[] = []
      for (const host of ['shop.test', 'silent.test']) {
        const around = host === 'shop.test' ? 2_950 : 1_450
        for (let time = 0; time < 2; time++) {
          const { status } = await ask({
            port: router.port,
            host,
            agent,
            method: 'POST',
            body: 'order',
          })
          if (status !== 200) failures.push(status)
          await new Promise((resolve) => setTimeout(resolve, around - 500 + at * 15))
        }
      }
      return failures
    })
    expect((await Promise.all(visitors)).flat()).toEqual([])
  })

  it('that closes every connection at once gets a GET again on a new one', async () => {
    const router = await open()
    let cuts = 0
    const made = await app((message, response) => {
      // What is asked on a connection that was used before is cut: all of them are stale.
      const used = (message.socket as Socket & { used?: boolean }).used === true
      Object.assign(message.socket, { used: true })
      if (!used) return void response.end('fine')
      cuts += 1
      message.socket.destroy()
    })
    router.apply(routeTo([made]))
    const together = () =>
      Promise.all(Array.from({ length: 8 }, () => ask({ port: router.port }))).then((answers) =>
        answers.map(({ status }) => status),
      )
    expect(await together()).toEqual(Array(8).fill(200))
    expect(await together()).toEqual(Array(8).fill(200))
    expect(cuts).toBeGreaterThan(3)
  })

  it('that is drained before it ends meets no POST, though it ends at once on SIGTERM', async () => {
    const router = await open()
    const failures: string[] = []
    let going = true
    let asked = 0
    let current = await backend((message, response) => message.pipe(response))
    router.apply(routeTo([current]))
    const agent = new Agent({ keepAlive: true })
    endings.push(() => agent.destroy())
    const visitors = Array.from({ length: 8 }, async () => {
      while (going) {
        asked += 1
        await ask({ port: router.port, agent, method: 'POST', body: 'order' }).then(
          ({ status }) => status === 200 || failures.push(String(status)),
          (error: unknown) => failures.push(String(error)),
        )
      }
    })
    for (let version = 0; version < 10; version++) {
      const old = current
      const enough = asked + 50
      current = await backend((message, response) => message.pipe(response))
      router.apply(routeTo([current]))
      for (const upstream of router.upstreams.withId(old.id))
        if (upstream.inFlight > 0) await new Promise<void>((resolve) => upstream.onceIdle(resolve))
      await old.close()
      await vi.waitUntil(() => asked > enough, { timeout: 20_000 })
    }
    going = false
    await Promise.all(visitors)
    await current.close()
    expect(failures).toEqual([])
  })
})

/** An instance whose system queue of connections is full, and that takes none out of it. */
async function deaf(): Promise<{ id: string; host: string; port: number }> {
  const child = fork('test/route/programs/deaf.cjs', { execArgv: [] })
  endings.push(() => child.kill('SIGKILL'))
  const port = await new Promise<number>((resolve) => child.once('message', resolve))
  // As many as it holds: then nobody hears any more.
  for (let at = 0; at < 4; at++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    endings.push(() => socket.destroy())
  }
  return { id: `deaf-${port}`, host: '127.0.0.1', port }
}
