import { createHash, randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Route } from '../../src/model/route.ts'
import { defaultLimits } from '../../src/model/route-bounds.ts'
import type { Router } from '../../src/route/router.ts'
import { until as eventually } from '../support/naru.ts'
import { type Backend, backend, backendProgram, freePort, routeTo } from './backend.ts'
import { ask, askRaw, crowd, until } from './visitor.ts'

export type OpenRouter = { router: Router; port: number; end(): Promise<void> }

/** What every router must do, told as a page of the manual. */
export function routerContract(name: string, open: () => Promise<OpenRouter>): void {
  describe(`the ${name} router`, () => {
    let opened: OpenRouter
    let number = 0
    const endings: (() => unknown)[] = []

    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.end())
    afterEach(async () => {
      for (const end of endings.splice(0).toReversed()) await end()
    })

    const apply = (...routes: Route[]) => opened.router.apply({ number: ++number, routes })
    const app = async (...args: Parameters<typeof backend>): Promise<Backend> => {
      const made = await backend(...args)
      endings.push(made.close)
      return made
    }
    const says = (text: string) => app((_, response) => response.end(text), text)
    const visit = (more: Partial<Parameters<typeof ask>[0]> = {}) =>
      ask({ port: opened.port, ...more })
    /** The head of an answer whose body waits until it is read. */
    const visitSlowly = async (): Promise<IncomingMessage> => {
      const asking = request({
        port: opened.port,
        host: '127.0.0.1',
        headers: { host: 'shop.test' },
      })
      endings.push(() => asking.destroy())
      asking.end()
      return new Promise((resolve, reject) => {
        asking.once('response', resolve)
        asking.on('error', reject)
      })
    }
    /** A socket to the router after a handshake that the app took up. */
    const openSocket = async (): Promise<Socket> => {
      const socket = connect(opened.port, '127.0.0.1')
      endings.push(() => socket.destroy())
      const head = until(socket, 'hello')
      socket.write(
        'GET /socket HTTP/1.1\r\nHost: shop.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n',
      )
      expect(await head).toContain('HTTP/1.1 101 Switching Protocols')
      return socket
    }

    describe('a table', () => {
      it('is served when apply returns, and says its number', async () => {
        for (const text of ['one', 'two', 'three']) {
          const applied = await apply(routeTo([await says(text)]))
          expect(applied).toEqual({ number, refused: [] })
          expect((await visit()).body).toBe(text)
          expect(await opened.router.served()).toBe(number)
        }
      })

      it('is refused when it is older than the one that is being served', async () => {
        await apply(routeTo([await says('new')]))
        const older = opened.router.apply({ number: number - 1, routes: [] })
        await expect(older).rejects.toMatchObject({ code: 'table.invalid' })
        expect((await visit()).body).toBe('new')
        expect(await opened.router.served()).toBe(number)
      })

      it('is served without its bad routes, whose addresses keep what they had', async () => {
        const shop = await says('shop')
        await apply(
          routeTo([shop]),
          routeTo([await says('blog')], { host: 'blog.test', app: 'blog' }),
        )
        const { refused } = await apply(
          routeTo([{ ...shop, port: 0 }]),
          routeTo([await says('new blog')], { host: 'blog.test', app: 'blog' }),
        )
        expect(refused.map(({ route }) => route)).toEqual([
          { host: 'shop.test', path: '/', app: 'shop', environment: 'production' },
        ])
        expect((await visit()).body).toBe('shop')
        expect((await visit({ host: 'blog.test' })).body).toBe('new blog')
      })

      it('routes by host without regard to case and port, then by the longest path', async () => {
        await apply(
          routeTo([await says('web')]),
          routeTo([await says('api')], { path: '/api', service: 'api' }),
          routeTo([await says('other')], { host: 'other.test', app: 'other' }),
        )
        expect((await visit({ host: 'SHOP.test:8080', path: '/apix' })).body).toBe('web')
        expect((await visit({ path: '/api/x?y' })).body).toBe('api')
        expect((await visit({ host: 'other.test.', path: '/api' })).body).toBe('other')
      })

      it.each([
        ['keep their connection', () => new Agent({ keepAlive: true, maxSockets: 8 })],
        ['open a new connection each time', () => undefined],
      ])(
        'changes under load without one lost request, for visitors who %s',
        async (_, agentFor) => {
          const agent = agentFor()
          endings.push(() => agent?.destroy())
          let current = await says('v0')
          await apply(routeTo([current]))
          const visitors = crowd(
            8,
            () => visit(agent ? { agent } : {}),
            ({ status }) => status === 200,
          )
          for (let version = 1; version <= 10; version++) {
            const old = current
            current = await says(`v${version}`)
            await apply(routeTo([current]))
            expect(await opened.router.drain(old.id, 5)).toEqual({ leftInFlight: 0 })
            await old.close()
            await eventually(() => visitors.asked() >= version * 30, 'more visitors')
          }
          expect((await visitors.stop()).failures).toEqual([])
          expect((await visit()).body).toBe('v10')
        },
      )
    })

    describe('instances', () => {
      it('share the requests', async () => {
        await apply(routeTo([await says('a'), await says('b'), await says('c')]))
        const answers = await Promise.all(Array.from({ length: 60 }, () => visit()))
        for (const id of ['a', 'b', 'c'])
          expect(answers.filter(({ body }) => body === id).length).toBeGreaterThan(5)
      })

      it('with less in flight get the next request', async () => {
        const held: (() => void)[] = []
        const slow = await app((_, response) => void held.push(() => response.end('slow')))
        await apply(routeTo([slow]))
        const waiting = [visit(), visit()]
        while (held.length < 2) await new Promise(setImmediate)
        await apply(routeTo([slow, await says('idle')]))
        for (let time = 0; time < 5; time++) expect((await visit()).body).toBe('idle')
        for (const release of held) release()
        await Promise.all(waiting)
      })

      it('of several releases get requests by weight', async () => {
        const [stable, canary] = [await says('stable'), await says('canary')]
        const share = (release: number, weight: number, { id, host, port }: Backend) => ({
          release,
          weight,
          instances: [{ id, host, port }],
        })
        await apply(routeTo([], { backends: [share(1, 3, stable), share(2, 1, canary)] }))
        const bodies = (await Promise.all(Array.from({ length: 200 }, () => visit()))).map(
          ({ body }) => body,
        )
        const toCanary = bodies.filter((body) => body === 'canary').length
        expect(toCanary).toBeGreaterThan(20)
        expect(toCanary).toBeLessThan(90)
        await apply(routeTo([], { backends: [share(1, 0, stable), share(2, 1, canary)] }))
        expect((await visit()).body).toBe('canary')
      })

      it('that are killed lose no GET while another one lives', async () => {
        const [victim, survivor] = await Promise.all([
          backendProgram('victim'),
          backendProgram('survivor'),
        ])
        endings.push(
          () => victim.child.kill('SIGKILL'),
          () => survivor.child.kill('SIGKILL'),
        )
        await apply(routeTo([victim, survivor]))
        const agent = new Agent({ keepAlive: true, maxSockets: 8 })
        endings.push(() => agent.destroy())
        const visitors = crowd(
          8,
          () => visit({ agent }),
          ({ status }) => status === 200,
        )
        while (visitors.asked() < 100) await visit()
        victim.child.kill('SIGKILL')
        for (let time = 0; time < 100; time++) await visit()
        expect((await visitors.stop()).failures).toEqual([])
      })

      it('that refuse connections are passed over for any method, body and all', async () => {
        const gone = { id: 'gone', host: '127.0.0.1', port: await freePort() }
        const echo = await app((message, response) => message.pipe(response))
        for (let time = 0; time < 5; time++) {
          await apply(routeTo([{ ...gone, id: `gone-${time}` }, echo]))
          expect(await visit({ method: 'POST', body: 'order' })).toMatchObject({
            status: 200,
            body: 'order',
          })
        }
      })

      it('that break off get a POST or a DELETE only once, and a GET twice', async () => {
        let orders = 0
        const rude = (message: IncomingMessage) => {
          orders += 1
          message.socket.destroy()
        }
        await apply(routeTo([await app(rude), await app(rude)]))
        expect((await visit({ method: 'POST', body: 'order' })).status).toBe(502)
        expect((await visit({ method: 'DELETE' })).status).toBe(502)
        expect(orders).toBe(2)
        expect((await visit()).status).toBe(502)
        expect(orders).toBe(4)
      })
    })

    describe('drain', () => {
      it('waits for what is in flight, and says that nothing was left', async () => {
        let release = () => {}
        const slow = await app((_, response) => {
          release = () => response.end('whole')
        })
        await apply(routeTo([slow]))
        const inFlight = visit()
        await new Promise<void>((resolve) => slow.server.once('request', () => resolve()))
        await apply(routeTo([await says('new')]))
        let drained = false
        const drain = opened.router.drain(slow.id, 10).then((result) => {
          drained = true
          return result
        })
        expect((await visit()).body).toBe('new')
        expect(drained).toBe(false)
        release()
        expect((await inFlight).body).toBe('whole')
        expect(await drain).toEqual({ leftInFlight: 0 })
      })

      it('ends when its time is up, and cuts nothing but upgraded connections', async () => {
        let release = () => {}
        const slow = await socketApp(app, (_, response) => {
          release = () => response.end('late')
        })
        await apply(routeTo([slow]))
        const inFlight = visit()
        await new Promise<void>((resolve) => slow.server.once('request', () => resolve()))
        const socket = await openSocket()
        const cut = new Promise<void>((resolve) => socket.once('close', () => resolve()))
        await apply(routeTo([await says('new')]))
        expect(await opened.router.drain(slow.id, 0.2)).toEqual({ leftInFlight: 2 })
        await cut
        release()
        expect((await inFlight).body).toBe('late')
      })

      it('cuts nothing of an instance that the table names again meanwhile', async () => {
        const echo = await socketApp(app)
        await apply(routeTo([echo]))
        const socket = await openSocket()
        await apply(routeTo([await says('new')]))
        const drain = opened.router.drain(echo.id, 0.3)
        await apply(routeTo([echo]))
        expect(await drain).toEqual({ leftInFlight: 1 })
        const answer = until(socket, 'ping')
        socket.write('ping')
        expect(await answer).toBe('ping')
      })

      it('that is begun again gives the whole of its time, though the first was never ended', async () => {
        const echo = await socketApp(app)
        await apply(routeTo([echo]))
        const socket = await openSocket()
        const cut = new Promise<void>((resolve) => socket.once('close', () => resolve()))
        await apply(routeTo([await says('new')]))
        const first = opened.router.drain(echo.id, 0.2)
        const second = opened.router.drain(echo.id, 1)
        expect(await first).toEqual({ leftInFlight: 1 })
        const answer = until(socket, 'ping')
        socket.write('ping')
        expect(await answer).toBe('ping')
        expect(await second).toEqual({ leftInFlight: 1 })
        await cut
      })

      it('is over at once for an instance it never heard of', async () => {
        expect(await opened.router.drain('nobody', 30)).toEqual({ leftInFlight: 0 })
      })
    })

    describe('a request', () => {
      it('reaches the app with its host and its peer, whatever the client claims', async () => {
        const mirror = await app((message, response) =>
          response.end(JSON.stringify(message.headers)),
        )
        await apply(routeTo([mirror]))
        const { body } = await visit({
          host: 'Shop.test:8080',
          headers: {
            'X-Forwarded-For': '6.6.6.6',
            'X-Forwarded-Proto': 'https',
            'X-Forwarded-Host': 'evil.test',
            'X-Forwarded-Port': '1',
            X_Forwarded_For: '6.6.6.6',
            'X-Real-IP': '6.6.6.6',
            Forwarded: 'for=6.6.6.6',
            Proxy: 'http://evil.test',
            Cookie: 'a=1',
          },
        })
        const seen = JSON.parse(body) as Record<string, string>
        expect(seen).toMatchObject({
          host: 'Shop.test:8080',
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-proto': 'http',
          'x-forwarded-host': 'Shop.test:8080',
          cookie: 'a=1',
        })
        expect(body).not.toMatch(/6\.6\.6\.6|evil|x-forwarded-port/)
      })

      it('leaves behind what belongs to its connection', async () => {
        const mirror = await app((message, response) =>
          response.end(JSON.stringify(message.headers)),
        )
        await apply(routeTo([mirror]))
        const raw = await askRaw(
          opened.port,
          'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=9\r\n' +
            'TE: trailers\r\nProxy-Authorization: x\r\nProxy-Connection: x\r\nX-Kept: 1\r\n\r\n',
        )
        expect(raw).toContain('"x-kept":"1"')
        expect(raw).toContain('"connection":"keep-alive"')
        expect(raw).not.toMatch(/x-mine|timeout=9|trailers|proxy-/)
      })

      it('is refused when it names no host, two hosts or nonsense', async () => {
        await apply(routeTo([await says('shop')]))
        const withHosts = (...hosts: string[]) =>
          askRaw(
            opened.port,
            `GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`,
          )
        expect(await withHosts()).toMatch(/^HTTP\/1\.1 400 /)
        expect(await withHosts('shop.test', 'shop.test')).toMatch(/^HTTP\/1\.1 400 /)
        expect(await withHosts('shop.test/@x')).toMatch(/^HTTP\/1\.1 400 /)
        expect(await withHosts('shop.test')).toMatch(/^HTTP\/1\.1 200 /)
        expect(await askRaw(opened.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
        expect(await askRaw(opened.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
      })

      it('with a whole address for its target goes where that says', async () => {
        const mirror = await app((message, response) =>
          response.end(`${message.headers.host} ${message.url}`),
        )
        await apply(routeTo([mirror]))
        const raw = await askRaw(
          opened.port,
          'GET http://shop.test/a?b HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n',
        )
        expect(raw).toContain('shop.test /a?b')
      })

      it.each([
        ['of a known length', { 'content-length': 20_000_000 }],
        ['in chunks', { 'transfer-encoding': 'chunked' }],
      ])('carries a body of 20 MB %s, unchanged', async (_, headers) => {
        const hasher = await app((message, response) => {
          const hash = createHash('sha256')
          message.on('data', (chunk: Buffer) => hash.update(chunk))
          message.on('end', () => response.end(hash.digest('hex')))
        })
        await apply(routeTo([hasher]))
        const body = randomBytes(20_000_000)
        const answer = await visit({ method: 'POST', body, headers })
        expect(answer.body).toBe(createHash('sha256').update(body).digest('hex'))
      })

      it('that waits for "100 Continue" gets it once the app takes the body, and not for a page', async () => {
        const echo = await app((message, response) => message.pipe(response))
        await apply(routeTo([echo]))
        const head = (host: string) =>
          `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`
        const socket = connect(opened.port, '127.0.0.1')
        endings.push(() => socket.destroy())
        const goOn = until(socket, '100 Continue\r\n\r\n')
        socket.write(head('shop.test'))
        await goOn
        const answer = until(socket, 'hello')
        socket.write('hello')
        expect(await answer).toContain('200 OK')
        expect(await askRaw(opened.port, head('nowhere.test'))).toMatch(/^HTTP\/1\.1 404 /)
      })

      it('whose client goes away ends at the app as well', async () => {
        const ended = new Promise<void>((resolve) => {
          void app((message, response) => {
            response.write('first')
            message.socket.once('close', () => resolve())
          }).then(async (endless) => {
            await apply(routeTo([endless]))
            const asking = request({
              port: opened.port,
              host: '127.0.0.1',
              headers: { host: 'shop.test' },
            })
            asking.on('error', () => {})
            asking.on('response', (response) => {
              response.on('error', () => {})
              response.once('data', () => asking.destroy())
            })
            asking.end()
          })
        })
        await ended
      })

      it('that the app answers before its body has come leaves a connection that still works', async () => {
        const early = await app((message, response) => {
          if (message.method === 'POST')
            message.once('data', () => response.writeHead(413).end('too big'))
          else response.end('fine')
        })
        await apply(routeTo([early]))
        const socket = connect(opened.port, '127.0.0.1')
        endings.push(() => socket.destroy())
        const refused = until(socket, 'too big')
        socket.write('POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 200000\r\n\r\nbegin')
        expect(await refused).toContain('413')
        const answer = until(socket, 'fine')
        socket.write(`${'z'.repeat(199_995)}GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n`)
        expect(await answer).toContain('200 OK')
      })
    })

    describe('a route with limits of its own', () => {
      const large = { method: 'POST', body: 'more than ten bytes' }
      it('has them when its table is served, and no more when one without them is', async () => {
        const echo = await app((message, response) => message.pipe(response))
        await apply(routeTo([echo], { limits: { ...defaultLimits, bodyBytes: 10 } }))
        expect((await visit(large)).status).toBe(413)
        expect((await visit({ ...large, body: 'ten bytes.' })).body).toBe('ten bytes.')
        await apply(routeTo([echo]))
        expect((await visit(large)).body).toBe(large.body)
      })

      it('is refused alone when they are none', async () => {
        const echo = await says('fine')
        await apply(routeTo([echo]))
        const limits = { ...defaultLimits, queue: -1 }
        const { refused } = await apply(routeTo([echo], { limits }))
        expect(refused).toMatchObject([{ reason: 'its limits have no queue: -1' }])
        expect((await visit()).body).toBe('fine')
      })
    })

    describe('an answer', () => {
      it('keeps its status, its text and repeated headers, and loses those of its connection', async () => {
        const cookies = await app((_, response) => {
          response.writeHead(299, 'Fine indeed', [
            ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Case', 'kept'],
            ...[
              'Connection',
              'X-Private',
              'X-Private',
              '1',
              'Keep-Alive',
              'timeout=1',
              'Proxy-Connection',
              'x',
            ],
          ])
          response.end('body')
        })
        await apply(routeTo([cookies]))
        const raw = await askRaw(
          opened.port,
          'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n',
        )
        expect(raw).toMatch(/^HTTP\/1\.1 299 Fine indeed\r\n/)
        expect(raw).toContain('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Case: kept\r\n')
        expect(raw).toContain('\r\nConnection: close\r\n')
        expect(raw).not.toMatch(/x-private|timeout=1|proxy-connection/i)
      })

      it.each([
        ['keeps its connection', { 'content-length': 20_000_000 }],
        ['ends its connection', { connection: 'close', 'content-length': 20_000_000 }],
        ['does not say how long it is', { connection: 'close', 'transfer-encoding': 'identity' }],
      ])('of 20 MB arrives unchanged at a slow reader, from an app that %s', async (_, headers) => {
        const body = randomBytes(20_000_000)
        await apply(
          routeTo([await app((_, response) => response.writeHead(200, headers).end(body))]),
        )
        const hash = createHash('sha256')
        const response = await visitSlowly()
        await new Promise<void>((resolve, reject) => {
          let chunks = 0
          response.on('error', reject)
          response.on('end', resolve)
          response.on('data', (chunk: Buffer) => {
            hash.update(chunk)
            if (++chunks % 50 !== 0) return
            response.pause()
            setTimeout(() => response.resume(), 2)
          })
        })
        expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'))
      })

      it('is not gathered for a client that does not take it: the app waits', async () => {
        const piece = Buffer.alloc(64 * 1024)
        let written = 0
        const endless = await app((_, response) => {
          const more = () => {
            do written += piece.length
            while (!response.destroyed && response.write(piece))
          }
          response.on('drain', more)
          more()
        })
        await apply(routeTo([endless]))
        const response = await visitSlowly()
        await vi.waitUntil(
          async () => {
            const before = written
            await new Promise((resolve) => setTimeout(resolve, 200))
            return written === before
          },
          { timeout: 10_000 },
        )
        expect(written).toBeLessThan(40_000_000)
        const stood = written
        response.on('error', () => {})
        response.resume()
        await vi.waitUntil(() => written > stood + 20_000_000, { timeout: 10_000 })
        response.destroy()
      })

      it('without a body has none: HEAD, 204 and 304', async () => {
        const bare = await app((message, response) => {
          const status = Number(message.url?.slice(1))
          if (status === 200) response.setHeader('content-length', 5)
          response.writeHead(status, { etag: '"x"' }).end()
        })
        await apply(routeTo([bare]))
        expect(await visit({ method: 'HEAD', path: '/200' })).toMatchObject({
          status: 200,
          body: '',
          headers: { 'content-length': '5' },
        })
        for (const status of [204, 304])
          expect(await visit({ path: `/${status}` })).toMatchObject({
            status,
            body: '',
            headers: { etag: '"x"' },
          })
      })

      it('that breaks off half way breaks off at the client', async () => {
        const half = await app((_, response) => {
          response.writeHead(200, { 'content-length': 100 })
          response.write('half', () => response.destroy())
        })
        await apply(routeTo([half]))
        await expect(visit()).rejects.toThrow()
      })

      it('streams: its head and each event arrive when they are written, across a new table', async () => {
        let send: (text: string) => void = () => {}
        const stream = await app((_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
          send = (text) => response.write(`data: ${text}\n\n`)
        })
        await apply(routeTo([stream]))
        const response = await visitSlowly()
        response.on('error', () => {})
        for (const text of ['one', 'two']) {
          const event = new Promise<Buffer>((resolve) => response.once('data', resolve))
          send(text)
          expect((await event).toString()).toBe(`data: ${text}\n\n`)
          await apply(routeTo([await says('new')]))
        }
        expect((await visit()).body).toBe('new')
      })

      it('may be announced by early hints', async () => {
        const hinting = await app((_, response) => {
          response.writeEarlyHints({ link: '</style.css>; rel=preload' })
          response.end('page')
        })
        await apply(routeTo([hinting]))
        const raw = await askRaw(
          opened.port,
          'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n',
        )
        expect(raw).toMatch(
          /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
        )
      })
    })

    describe('a WebSocket', () => {
      it('is opened by the app and lives on across a new table', async () => {
        const echo = await socketApp(app)
        await apply(routeTo([echo]))
        const socket = await openSocket()
        await apply(routeTo([await says('new')]))
        const answer = until(socket, 'ping')
        socket.write('ping')
        expect(await answer).toBe('ping')
        expect((await visit()).body).toBe('new')
      })

      it('counts as in flight until it is closed', async () => {
        const echo = await socketApp(app)
        await apply(routeTo([echo]))
        const socket = await openSocket()
        await apply(routeTo([await says('new')]))
        const drain = opened.router.drain(echo.id, 10)
        socket.end()
        expect(await drain).toEqual({ leftInFlight: 0 })
      })

      it('that the app turns down gets the app’s answer, and the connection is not used again', async () => {
        await apply(routeTo([await says('no sockets here')]))
        const raw = await askRaw(
          opened.port,
          'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n' +
            'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n',
        )
        expect(raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
        expect(raw.split('no sockets here')).toHaveLength(2)
      })

      it('to nowhere gets a page', async () => {
        const raw = await askRaw(
          opened.port,
          'GET / HTTP/1.1\r\nHost: nowhere.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
        )
        expect(raw).toMatch(/^HTTP\/1\.1 404 /)
      })
    })

    it('takes an offer of HTTP/2 for the ordinary request that it is, body and all', async () => {
      const echo = await app((message, response) => {
        response.setHeader('x-upgrade', message.headers.upgrade ?? 'none')
        message.pipe(response)
      })
      await apply(routeTo([echo]))
      const raw = await askRaw(
        opened.port,
        'POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
          'HTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello' +
          'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n',
      )
      expect(raw.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
      expect(raw).toContain('x-upgrade: none')
      expect(raw).toContain('hello')
    })

    describe('nothing that an app or a client does ends the router', () => {
      const bad: [string, string][] = [
        ['no HTTP', 'nonsense\r\n\r\n'],
        ['an end', ''],
        ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
        ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
        ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`],
        [
          'another protocol unasked',
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
        ],
        ['a control sign in a header', 'HTTP/1.1 200 OK\r\nX: a\x07b\r\nContent-Length: 0\r\n\r\n'],
      ]
      it.each(bad)('an answer that is %s becomes a 502', async (_, bytes) => {
        const rude = await rawApp((socket) => socket.end(bytes, 'latin1'))
        endings.push(rude.close)
        await apply(routeTo([rude]))
        expect((await visit()).status).toBe(502)
        await apply(routeTo([await says('fine')]))
        expect((await visit()).body).toBe('fine')
      })

      it('a client that leaves with requests in line leaves nothing in flight', async () => {
        const host = 'in-line.test'
        const silent = await app(() => {})
        await apply(routeTo([silent], { host }))
        const get = `GET / HTTP/1.1\r\nHost: ${host}\r\n`
        for (const requests of [
          `${get}\r\n`.repeat(3),
          `${get}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
        ]) {
          const arrived = new Promise<void>((resolve) => {
            silent.server.once('request', () => resolve())
          })
          const socket = connect(opened.port, '127.0.0.1', () => socket.write(requests))
          await arrived
          socket.destroy()
        }
        expect(await opened.router.drain(silent.id, 10)).toEqual({ leftInFlight: 0 })
        const inFlight = async () =>
          (await opened.router.traffic()).find((row) => row.host === host)?.inFlight
        await vi.waitUntil(async () => (await inFlight()) === 0, { timeout: 5_000 })
      })
    })

    describe('a page of the router’s own', () => {
      it('says that there is no such app, and never repeats a host as markup', async () => {
        const answer = await visit({ host: 'nowhere.test', headers: { accept: 'text/html' } })
        expect(answer.status).toBe(404)
        expect(answer.headers['content-type']).toContain('text/html')
        expect(answer.body).toContain('nowhere.test')
        const spoofed = await visit({ host: '<script>', headers: { accept: 'text/html' } })
        expect(spoofed.status).toBe(400)
        expect(spoofed.body).not.toContain('<script>')
      })

      it('says that an app is starting, or that all its instances are down, and when to come back', async () => {
        await apply(routeTo([], { page: 'starting' }), routeTo([], { host: 'down.test' }))
        const starting = await visit({ headers: { accept: 'text/html,*/*' } })
        expect(starting).toMatchObject({
          status: 503,
          body: expect.stringContaining('Nothing serves here yet'),
        })
        expect(Number(starting.headers['retry-after'])).toBeGreaterThan(0)
        const down = await visit({ host: 'down.test' })
        expect(down).toMatchObject({
          status: 503,
          body: expect.stringContaining('All instances are down'),
        })
        expect(Number(down.headers['retry-after'])).toBeGreaterThan(0)
      })

      it('says that all are down when none can be reached, and finds one that comes back', async () => {
        const port = await freePort()
        const gone = { id: 'comes-back', host: '127.0.0.1', port }
        await apply(routeTo([gone]))
        expect((await visit()).status).toBe(503)
        expect((await visit()).status).toBe(503)
        const back = await app((_, response) => response.end('back'))
        await apply(routeTo([{ ...gone, port: back.port }]))
        expect((await visit()).body).toBe('back')
      })

      it('is in Korean for whoever likes that best, and in English for everybody else', async () => {
        const asked = (language: string) =>
          visit({
            host: 'nowhere.test',
            headers: { accept: 'text/html', 'accept-language': language },
          })
        const korean = await asked('ko-KR,ko;q=0.9,en;q=0.8')
        expect(korean.headers).toMatchObject({
          'content-language': 'ko',
          vary: expect.stringContaining('accept-language'),
        })
        expect(korean.body).toContain('<html lang="ko">')
        expect(korean.body).toContain('nowhere.test에는 배포된 앱이 없습니다.')
        for (const language of ['en, ko;q=0.5', 'fr', 'ko;q=0', '', '×;q=nonsense']) {
          const english = await asked(language)
          expect(english.headers['content-language'], language).toBe('en')
          expect(english.body, language).toContain('Nothing is deployed at nowhere.test.')
        }
      })

      it('is JSON or plain text for programs', async () => {
        const json = await visit({ host: 'nowhere.test', headers: { accept: 'application/json' } })
        expect(JSON.parse(json.body)).toMatchObject({ error: { code: 'no-such-app' } })
        const text = await visit({ host: 'nowhere.test' })
        expect(text.headers['content-type']).toContain('text/plain')
        const head = await visit({ host: 'nowhere.test', method: 'HEAD' })
        expect(head).toMatchObject({ status: 404, body: '' })
      })
    })

    describe('traffic', () => {
      it('is counted by route, release and outcome, with the time that answers took', async () => {
        const counted = await app((message, response) => {
          if (message.url === '/cut') return void message.socket.destroy()
          response.writeHead(Number(message.url?.slice(1, 4))).end()
        })
        const host = 'counted.test'
        await apply(routeTo([counted], { host }))
        for (const status of [200, 201, 302, 404, 500]) await visit({ host, path: `/${status}` })
        await visit({ host, path: '/cut' })
        await apply(routeTo([], { host }))
        await visit({ host })
        const rows = (await opened.router.traffic()).filter((row) => row.host === host)
        expect(
          rows.map(({ release, requests, inFlight, outcomes }) => ({
            release,
            requests,
            inFlight,
            outcomes,
          })),
        ).toEqual([
          {
            release: 1,
            requests: 6,
            inFlight: 0,
            outcomes: { '1xx': 0, '2xx': 2, '3xx': 1, '4xx': 1, '5xx': 2, failed: 0 },
          },
          {
            release: null,
            requests: 1,
            inFlight: 0,
            outcomes: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 1, failed: 0 },
          },
        ])
        expect(rows[0]?.latencies.reduce((sum, count) => sum + count)).toBe(6)
      })
    })
  })
}

/** An app that answers whatever it is asked with bytes of its own making. */
async function rawApp(answer: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { id: `raw-${port}`, host: '127.0.0.1', port, close: () => void server.close() }
}

/** An app that takes an upgrade up, says hello and echoes. */
async function socketApp(
  app: (...args: Parameters<typeof backend>) => Promise<Backend>,
  answer: Parameters<typeof backend>[0] = (_, response) => response.end('plain'),
): Promise<Backend> {
  const made = await app(answer)
  made.server.on('upgrade', (_, socket) => {
    socket.on('error', () => {})
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
    )
    socket.pipe(socket)
  })
  const { close } = made
  return { ...made, close }
}
