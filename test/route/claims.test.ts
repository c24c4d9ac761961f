import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { routeTo } from './backend.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { type StrictApp, strictApp } from './strict-app.ts'
import { askRaw } from './visitor.ts'

let router: InProcess
let web: StrictApp
let api: StrictApp

beforeAll(async () => {
  router = await inProcess()
  web = await strictApp()
  api = await strictApp()
  router.apply(routeTo([web]), routeTo([api], { path: '/api', service: 'api' }))
})
afterAll(async () => {
  await router.close()
  await web.close()
  await api.close()
})
beforeEach(() => {
  web.seen.splice(0)
  api.seen.splice(0)
})

const send = async (target: string, headers = ''): Promise<number> => {
  const answer = await askRaw(
    router.port,
    `GET ${target} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n${headers}\r\n`,
  )
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
}

describe('what a visitor claims about itself', () => {
  const dropped = [
    'X-Forwarded-For: 6.6.6.6',
    'x-forwarded-for: 6.6.6.6',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Port: 66',
    'X-Forwarded-Prefix: /evil',
    'X-Forwarded-Client-Cert: evil',
    'X-Forwarded: for=6.6.6.6',
    'X_Forwarded_For: 6.6.6.6',
    'X-Forwarded_For: 6.6.6.6',
    'x_forwarded_host: evil.test',
    'X-Real-IP: 6.6.6.6',
    'X_Real_IP: 6.6.6.6',
    'Forwarded: for=6.6.6.6;host=evil.test',
    'Proxy: http://evil.test',
    'Content_Length: 66',
    'Transfer_Encoding: evil',
    'Proxy_Authorization: evil',
    'TE: evil',
    'Trailer: evil',
    'Upgrade: evil',
    'Keep-Alive: timeout=66',
    'Proxy-Connection: evil',
  ]
  it.each(dropped)('is dropped: %s', async (header) => {
    expect(await send('/', `${header}\r\n`)).toBe(200)
    const [seen] = web.seen
    expect(seen?.headers.join('\n')).not.toMatch(/66|6\.6|evil|x-forwarded-proto: https/i)
    expect(seen?.headers).toContain('x-forwarded-for: 127.0.0.1')
    expect(seen?.headers.filter((line) => /^x-forwarded/i.test(line))).toHaveLength(3)
  })

  it('is dropped when its Connection header names it, but never what the app is to trust or to frame by', async () => {
    const named = 'Connection: X-Mine, Cookie\r\nX-Mine: evil\r\nCookie: evil\r\nX-Kept: 1\r\n'
    expect(await send('/', named)).toBe(200)
    expect(web.seen[0]?.headers.join('\n')).not.toContain('evil')
    expect(web.seen[0]?.headers).toContain('X-Kept: 1')
    web.seen.splice(0)
    const trusted = 'Connection: X-Forwarded-For, Host, Content-Length\r\nContent-Length: 0\r\n'
    expect(await send('/', trusted)).toBe(200)
    expect(web.seen[0]?.headers).toContain('x-forwarded-for: 127.0.0.1')
    expect(web.seen[0]?.headers).toContain('host: shop.test')
  })

  const kept = ['Cookie: a=1', 'Authorization: Bearer x', 'X-Request-Id: 1', 'X_Custom: 1']
  it.each(kept)('is passed on where it is between the visitor and the app: %s', async (header) => {
    await send('/', `${header}\r\n`)
    expect(web.seen[0]?.headers).toContain(header)
  })
})

describe('a path', () => {
  const rows: [target: string, goes: 'api' | 'web'][] = [
    ['/api', 'api'],
    ['/api/', 'api'],
    ['/api?x', 'api'],
    ['/api/a%2fb', 'api'],
    ['/api;x', 'web'],
    ['/apix', 'web'],
    ['/API', 'web'],
    ['/%61pi', 'web'],
    ['/api%2f', 'web'],
    ['/api%2Fx', 'web'],
    ['/api%3f', 'web'],
    ['/api%00', 'web'],
    ['/api\\x', 'web'],
    ['//api', 'web'],
    ['//evil.test/api', 'web'],
    ['/.well-known/x', 'web'],
    ['/a/...', 'web'],
    ['/a..b/..c', 'web'],
    ['/?x=/../y', 'web'],
  ]
  it.each(rows)('%s goes to %s, as it was written', async (target, goes) => {
    expect(await send(target)).toBe(200)
    const [there, other] = goes === 'api' ? [api, web] : [web, api]
    expect(there.seen.map(({ line }) => line)).toEqual([`GET ${target} HTTP/1.1`])
    expect(other.seen).toEqual([])
  })

  const refused = [
    '/..',
    '/../',
    '/api/..',
    '/api/../x',
    '/api/..;/x',
    '/api/..;a=b/x',
    '/api/..%3b/x',
    '/api/%2e%2e/x',
    '/api/%2E./x',
    '/api/.%2e',
    '/api/..%2fx',
    '/api%2f..%2fx',
    '/api/..%5cx',
    '/api\\..\\x',
    '/api/./x',
    '/./api',
    '/.',
    '/..?x',
    'http://shop.test/../x',
  ]
  it.each(refused)(
    'with a step up or in place is refused, however it is spelt: %s',
    async (target) => {
      expect(await send(target)).toBe(400)
      expect([...web.seen, ...api.seen]).toEqual([])
    },
  )
})
