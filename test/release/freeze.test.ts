import { expect, it } from 'vitest'
import type { Artifact } from '../../src/model/artifact.ts'
import { defaultLimits, defaultTimeouts } from '../../src/model/route-bounds.ts'
import { defaultService, defaultSpec, type Spec } from '../../src/model/spec.ts'
import { freeze } from '../../src/release/freeze.ts'

const artifact: Artifact = {
  digest: 'sha256-1',
  app: 'shop',
  body: { kind: 'slug', folder: '/slug' },
  services: { web: 'npm start', worker: 'node worker.js' },
  jobs: { release: { command: 'npm run migrate', when: 'before-rollout', timeoutSeconds: 60 } },
}

const frozen = (spec: Partial<Spec>, environment = 'production', more: Partial<Artifact> = {}) =>
  freeze({
    place: { app: 'shop', environment },
    spec: { ...defaultSpec, ...spec },
    artifact: { ...artifact, ...more },
    build: 1,
    commit: 'c0ffee',
    title: 'First',
    by: 'ada',
    reason: 'push',
    at: '2026-01-01T00:00:00.000Z',
    settings: {},
    secrets: {},
    domain: 'localhost',
  })

it('a spec that says nothing of services takes those that the files name', () => {
  const { services } = frozen({})
  expect(Object.keys(services).sort()).toEqual(['web', 'worker'])
  expect(services['worker']).toEqual({ ...defaultService, command: 'node worker.js' })
})

it('a spec that names services has those alone, with commands found out where it says none', () => {
  const { services } = frozen({
    servicesNamed: true,
    services: { web: { ...defaultService, replicas: 2 } },
  })
  expect(services).toEqual({ web: { ...defaultService, replicas: 2, command: 'npm start' } })
})

it('an app whose files name workers alone has those, and no route', () => {
  const workers = { services: { worker: 'node worker.js', mailer: 'node mailer.js' } }
  const { services, routes } = frozen({}, 'production', workers)
  expect([Object.keys(services).sort(), routes]).toEqual([['mailer', 'worker'], []])
})

it('a route that somebody wrote down wants its service, although the files name workers alone', () => {
  const routes = [{ host: 'shop.example.com', path: '/', service: 'web' }]
  expect(() => frozen({ routes }, 'production', { services: { worker: 'a' } })).toThrow(
    expect.objectContaining({ code: 'build.no-start', facts: { found: 'web' } }),
  )
})

it('routes keep their timeouts and limits, and those that say nothing of them stay without', () => {
  const limits = { ...defaultLimits, bodyBytes: 1024 }
  const timeouts = { ...defaultTimeouts, answerSeconds: 5 }
  const [bounded, plain] = frozen({
    routes: [
      { path: '/', service: 'web', limits, timeouts },
      { path: '/api', service: 'web' },
    ],
  }).routes
  expect(bounded).toEqual({ host: 'shop.localhost', path: '/', service: 'web', limits, timeouts })
  expect(plain).toEqual({ host: 'shop.localhost', path: '/api', service: 'web' })
})

it('jobs of the spec win over those that the files name', () => {
  const ours = { command: 'make migrate', when: 'by-hand' as const, timeoutSeconds: 5 }
  expect(frozen({}).jobs).toEqual(artifact.jobs)
  expect(frozen({ jobs: { release: ours, other: ours } }).jobs).toEqual({
    release: ours,
    other: ours,
  })
})

it('a secret that nobody set is named, with where it is missing', () => {
  expect(() => frozen({ secrets: ['A', 'constructor'] }, 'staging')).toThrow(
    expect.objectContaining({
      code: 'secret.missing',
      facts: { app: 'shop', environment: 'staging', names: ['A', 'constructor'] },
    }),
  )
})

it('a service that nobody knows how to start is named', () => {
  expect(() => frozen({}, 'production', { services: {} })).toThrow(
    expect.objectContaining({ code: 'build.no-start', facts: { found: 'web' } }),
  )
})

it('outside production a route without a host has the environment in its name', () => {
  expect(frozen({}, 'staging').routes[0]?.host).toBe('shop-staging.localhost')
  expect(frozen({}).routes[0]?.host).toBe('shop.localhost')
})
