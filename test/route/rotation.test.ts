import { describe, expect, it } from 'vitest'
import type { Health, Instance } from '../../src/model/instance.ts'
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
