import { describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import type { Route, RouteTable } from '../../src/model/route.ts'
import { defaultLimits, defaultTimeouts } from '../../src/model/route-bounds.ts'
import { hostOf } from '../../src/route/host.ts'
import { checkTable, emptyTable, routeFinder } from '../../src/route/table.ts'
import { routeTo } from './backend.ts'

const instance = { id: 'i1', host: '127.0.0.1', port: 4001 }
const route = (more: Partial<Route> = {}) => routeTo([instance], more)
const table = (number: number, ...routes: unknown[]) => ({ number, routes })

describe('a route table that comes in', () => {
  it('is served as it is when every route is good', () => {
    const input = table(3, route(), route({ path: '/api', service: 'api' }))
    expect(checkTable(input, emptyTable)).toEqual({ table: input, refused: [] })
  })

  it('keeps the timeouts and limits of its routes', () => {
    const limits = { ...defaultLimits, inFlight: 5 }
    const input = table(3, route({ timeouts: { ...defaultTimeouts, idleSeconds: 60 }, limits }))
    expect(checkTable(input, emptyTable)).toEqual({ table: input, refused: [] })
  })

  it('may keep its number, and may not go back', () => {
    const served: RouteTable = { number: 5, routes: [] }
    expect(checkTable(table(5, route()), served).table.number).toBe(5)
    expect(() => checkTable(table(4), served)).toThrow(NaruError)
    expect(() => checkTable(table(4), served)).toThrow(/table 4 is older than 5/)
  })

  it.each([
    [null],
    ['x'],
    [{}],
    [{ number: -1, routes: [] }],
    [{ number: 1.5, routes: [] }],
    [{ number: 1, routes: {} }],
  ])('is refused as a whole when it is no table: %j', (input) =>
    expect(() => checkTable(input, emptyTable)).toThrow(/table\.invalid/),
  )

  const bad: [string, unknown][] = [
    ['no route', 'x'],
    ['no host', { ...route(), host: undefined }],
    ['upper case in its host', route({ host: 'Shop.test' })],
    ['a port in its host', route({ host: 'shop.test:80' })],
    ['an empty label in its host', route({ host: 'shop..test' })],
    ['a newline in its host', route({ host: 'shop.test\n' })],
    ['a wildcard for a host', route({ host: '*' })],
    ['a path without a slash', route({ path: 'api' })],
    ['a step up in its path', route({ path: '/a/../b' })],
    ['a query in its path', route({ path: '/a?b' })],
    ['a blank in its path', route({ path: '/a b' })],
    ['an empty segment in its path', route({ path: '/a//b' })],
    ['no app', { ...route(), app: '' }],
    ['no page', { ...route(), page: 'party' }],
    ['a negative weight', route({ backends: [{ release: 1, weight: -1, instances: [] }] })],
    [
      'an endless weight',
      { ...route(), backends: [{ release: 1, weight: Number.NaN, instances: [] }] },
    ],
    ['a host name for an address', routeTo([{ ...instance, host: 'example.com' }])],
    ['port 0', routeTo([{ ...instance, port: 0 }])],
    ['port 70000', routeTo([{ ...instance, port: 70_000 }])],
    ['timeouts that are none', { ...route(), timeouts: 5 }],
    ['half of its timeouts', { ...route(), timeouts: { connectSeconds: 3 } }],
    [
      'an endless timeout',
      { ...route(), timeouts: { ...defaultTimeouts, idleSeconds: Number.POSITIVE_INFINITY } },
    ],
    ['a negative limit', { ...route(), limits: { ...defaultLimits, queue: -1 } }],
    ['an instance without an id', routeTo([{ ...instance, id: '' }])],
  ]
  it.each(bad)('refuses alone a route with %s', (_, wrong) => {
    const other = route({ host: 'other.test', app: 'other' })
    const { table: checked, refused } = checkTable(table(1, wrong, other), emptyTable)
    expect(checked.routes).toEqual([other])
    expect(refused).toHaveLength(1)
    expect(refused[0]?.reason).not.toBe('')
  })

  it('keeps what is served at the address of a refused route', () => {
    const served: RouteTable = { number: 1, routes: [route()] }
    const wrong = routeTo([{ ...instance, port: 0 }])
    expect(checkTable(table(2, wrong), served).table).toEqual({ number: 2, routes: [route()] })
  })

  it('keeps nothing of another app at the address of a refused route', () => {
    const served: RouteTable = { number: 1, routes: [route()] }
    const wrong = routeTo([{ ...instance, port: 0 }], { app: 'thief' })
    expect(checkTable(table(2, wrong), served).table.routes).toEqual([])
  })

  it('keeps nothing of another environment of the app there either', () => {
    const served: RouteTable = { number: 1, routes: [route()] }
    const wrong = routeTo([{ ...instance, port: 0 }], { environment: 'staging' })
    expect(checkTable(table(2, wrong), served).table.routes).toEqual([])
  })

  it('gives an address that two claim to the one that is being served there, whatever the order', () => {
    const served: RouteTable = { number: 1, routes: [route()] }
    const thief = route({ app: 'a-thief', path: '/' })
    for (const routes of [
      [thief, route()],
      [route(), thief],
    ]) {
      const { table: checked, refused } = checkTable(table(2, ...routes), served)
      expect(checked.routes).toEqual([route()])
      expect(refused).toEqual([
        {
          route: { host: 'shop.test', path: '/', app: 'a-thief', environment: 'production' },
          reason: 'shop.test/ is a route of shop/production already',
        },
      ])
    }
  })

  it('takes a path with and without a closing slash for the same address', () => {
    const { refused } = checkTable(
      table(1, route({ path: '/api' }), route({ path: '/api/' })),
      emptyTable,
    )
    expect(refused.map(({ reason }) => reason)).toEqual([
      'shop.test/api/ is a route of shop/production already',
    ])
  })
})

describe('the route of a request', () => {
  const find = routeFinder(
    [
      ['shop.test', '/'],
      ['shop.test', '/api'],
      ['shop.test', '/api/v2/'],
      ['only.test', '/app'],
    ].map(([host = '', path = '']) => ({ host, path })),
  )
  const found = (host: string, target: string) => find(host, target)?.path

  it('is the one with the longest path, by whole segments', () => {
    expect(found('shop.test', '/')).toBe('/')
    expect(found('shop.test', '/apix')).toBe('/')
    expect(found('shop.test', '/api')).toBe('/api')
    expect(found('shop.test', '/api?x=1')).toBe('/api')
    expect(found('shop.test', '/api/v1')).toBe('/api')
    expect(found('shop.test', '/api/v2')).toBe('/api/v2/')
    expect(found('shop.test', '/api/v2/x')).toBe('/api/v2/')
    expect(found('shop.test', '/api/v22')).toBe('/api')
    expect(found('shop.test', '?x')).toBe('/')
  })

  it('is none where host or path lead nowhere', () => {
    expect(found('other.test', '/')).toBeUndefined()
    expect(found('only.test', '/')).toBeUndefined()
    expect(found('only.test', '/app')).toBe('/app')
  })
})

describe('the host that a Host header names', () => {
  it.each([
    ['Shop.Test', 'shop.test'],
    ['shop.test:8080', 'shop.test'],
    ['shop.test.', 'shop.test'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['', null],
    ['a b', null],
    ['user@shop.test', null],
    ['shop.test/x', null],
    ['shop.test:80:80', null],
    ['.', null],
    ['<script>', null],
  ])('%j is %j', (header, host) => expect(hostOf(header)).toBe(host))
})
