import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { probe } from '../../src/engine/health/probe.ts'

let server: Server
afterEach(() => server.close())

async function listen(what: Server): Promise<number> {
  server = what.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const ask = (port: number, path = '/') =>
  probe({ host: '127.0.0.1', port, path, timeoutSeconds: 0.3 })

describe('a probe', () => {
  it.each([
    [200, true],
    [302, true],
    [404, true],
    [500, false],
    [503, false],
  ])('takes an answer of %i as healthy: %s, and follows no redirect', async (status, ok) => {
    const asked: (string | undefined)[] = []
    const port = await listen(
      createServer((request, response) => {
        asked.push(request.url)
        response.writeHead(status, { location: '/elsewhere' }).end()
      }),
    )
    const reason = `GET / answered ${status}`
    expect(await ask(port)).toEqual(ok ? { ok } : { ok, kind: 'missed', reason })
    expect(asked).toEqual(['/'])
  })

  it('asks as a browser on this machine would, for the path as it is or could be sent', async () => {
    const seen: (string | undefined)[] = []
    const port = await listen(
      createServer((request, response) => {
        seen.push(`${request.method} ${request.headers.host} ${request.url}`)
        response.end()
      }),
    )
    for (const path of ['/a%2Fb?c=d&e', '/나 \r\nx: y', '/100%'])
      expect(await ask(port, path)).toEqual({ ok: true })
    const urls = ['/a%2Fb?c=d&e', '/%eb%82%98%20%0d%0ax:%20y', '/100%']
    expect(seen).toEqual(urls.map((url) => `GET localhost:${port} ${url}`))
  })

  it('is content with the beginning of an answer that never ends', async () => {
    const port = await listen(createServer((_, response) => response.write('event')))
    expect(await ask(port)).toEqual({ ok: true })
  })

  it.each([
    ['says nothing', () => {}, 'no answer within 0.3 s'],
    [
      'closes the connection',
      (socket: { destroy(): void }) => socket.destroy(),
      'connection closed without an answer',
    ],
    [
      'says something else',
      (socket: { write(text: string): void }) => socket.write('220 smtp\r\n'),
      'the answer is not HTTP',
    ],
  ])('says what is wrong with a program that %s', async (_, act, reason) => {
    const port = await listen(createRawServer((socket) => act(socket.on('error', () => {}))))
    expect(await ask(port)).toEqual({ ok: false, kind: 'missed', reason })
  })

  it('says so when nobody listens', async () => {
    const port = await listen(createRawServer())
    server.close()
    await once(server, 'close')
    expect(await ask(port)).toEqual({ ok: false, kind: 'refused', reason: 'connection refused' })
  })
})
