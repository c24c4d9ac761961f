import { describe, expect, it } from 'vitest'
import type { Health, Instance } from '../../src/model/instance.ts'
import type { ReleaseRoute } from '../../src/model/release.ts'
import { defaultLimits, defaultTimeouts } from '../../src/model/route-bounds.ts'
import { buildRoutes, type PlaceRoutes } from '../../src/route/rotation.ts'

const instance = (
  id: string,
  release: number,
  health: Health = 'healthy',
  service = 'web',
): Instance => ({
  id,
  set: { app: 'shop', environment: 'production', service, release },
  address: { host: '127.0.0.1', port: 4000 },
  health,
  healthyForMs: 0,
  restarts: 0,
  lastExit: null,
  reason: null,
  listening: [],
  startedAt: '',
  pid: 1,
})

const shop: PlaceRoutes = {
  place: { app: 'shop', environment: 'production' },
  routes: [
    { host: 'shop.test', path: '/', service: 'web' },
    { host: 'shop.test', path: '/api', service: 'api' },
  ],
  serving: 2,
  page: 'down',
}

const idsOf = (place: PlaceRoutes, instances: Instance[]) =>
  buildRoutes([place], instances).map(({ backends }) =>
    backends.flatMap((backend) => backend.instances.map(({ id }) => id)),
  )

describe('a route', () => {
  it('has the timeouts and limits of its release', () => {
    const limits = { ...defaultLimits, inFlight: 5 }
    const timeouts = { ...defaultTimeouts, answerSeconds: 5 }
    const [web, api] = shop.routes as [ReleaseRoute, ReleaseRoute]
    const routes = buildRoutes([{ ...shop, routes: [{ ...web, limits, timeouts }, api] }], [])
    expect(routes).toMatchObject([{ path: '/', limits, timeouts }, { path: '/api' }])
    expect(routes[1]).not.toHaveProperty('limits')
  })
})

describe('instances in rotation', () => {
  it('are the healthy ones of the serving release and of the route’s own service', () => {
    const instances = [
      instance('b', 2),
      instance('a', 2),
      instance('old', 1),
      instance('late', 2, 'starting'),
      instance('ill', 2, 'unhealthy'),
      instance('dead', 2, 'down'),
      instance('going', 2, 'stopping'),
      instance('api', 2, 'healthy', 'api'),
    ]
    expect(idsOf(shop, instances)).toEqual([['a', 'b'], ['api']])
  })

  it('are those that run but fail their probes where none is healthy, never what has not been up yet', () => {
    const instances = [
      instance('ill', 2, 'unhealthy'),
      instance('late', 2, 'starting'),
      instance('dead', 2, 'down'),
      instance('going', 2, 'stopping'),
    ]
    expect(idsOf(shop, instances)).toEqual([['ill'], []])
  })

  it('are none before the first release; the page says so', () => {
    const [route] = buildRoutes([{ ...shop, serving: null, page: 'starting' }], [instance('a', 2)])
    expect(route).toMatchObject({ backends: [], page: 'starting' })
  })

  it('make the same table whatever the order they are listed in', () => {
    const blog: PlaceRoutes = {
      ...shop,
      place: { app: 'blog', environment: 'production' },
      routes: [{ host: 'blog.test', path: '/', service: 'web' }],
    }
    const instances = [instance('a', 2), instance('b', 2), instance('c', 2)]
    expect(buildRoutes([shop, blog], instances)).toEqual(
      buildRoutes([blog, shop], instances.toReversed()),
    )
  })
})

describe('a release that replaces another instance by instance', () => {
  const old = [instance('old-1', 2), instance('old-2', 2)]
  const coming = (id: string, startedAt: string, health: Health = 'healthy'): Instance => ({
    ...instance(id, 3, health),
    startedAt,
  })
  const both = (most: number): PlaceRoutes => ({
    ...shop,
    routes: [{ host: 'shop.test', path: '/', service: 'web' }],
    beside: {
      release: 3,
      routes: [{ host: 'shop.test', path: '/', service: 'web' }],
      most: { web: most },
    },
  })
  const backends = (place: PlaceRoutes, instances: Instance[]) =>
    buildRoutes([place], instances)[0]?.backends.map(({ release, weight, instances: its }) => ({
      release,
      weight,
      ids: its.map(({ id }) => id),
    }))

  it('gets a share for each instance that may get traffic, the oldest first', () => {
    const instances = [...old, coming('new-b', '2026-01-02'), coming('new-c', '2026-01-01')]

    expect(backends(both(1), instances)).toEqual([
      { release: 2, weight: 2, ids: ['old-1', 'old-2'] },
      { release: 3, weight: 1, ids: ['new-c'] },
    ])
  })

  it('lets a younger one in where an older one fails', () => {
    const instances = [...old, coming('new-b', '2026-01-02'), coming('new-c', '2026-01-01', 'down')]

    expect(backends(both(1), instances)?.[1]?.ids).toEqual(['new-b'])
  })

  it('gets no visitors for what fails its probes while the other is healthy', () => {
    const sick = [instance('old-1', 2, 'unhealthy')]

    expect(backends(both(1), [...sick, coming('new-b', '2026-01-02')])).toEqual([
      { release: 2, weight: 0, ids: [] },
      { release: 3, weight: 1, ids: ['new-b'] },
    ])
    expect(backends(both(1), sick)?.[0]?.ids).toEqual(['old-1'])
  })

  it('serves the routes that only one of them has from that one', () => {
    const place: PlaceRoutes = {
      ...shop,
      beside: {
        release: 3,
        routes: [{ host: 'new.test', path: '/', service: 'web' }],
        most: { web: 1 },
      },
    }
    const instances = [...old, coming('new-b', '2026-01-02')]
    const routes = buildRoutes([place], instances)

    expect(routes.map(({ host, path }) => host + path)).toEqual([
      'new.test/',
      'shop.test/',
      'shop.test/api',
    ])
    expect(routes[0]?.backends.map(({ release }) => release)).toEqual([3])
    expect(routes[1]?.backends.map(({ release }) => release)).toEqual([2])
  })
})
