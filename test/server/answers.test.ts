import { describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { Secret } from '../../src/base/secret.ts'
import { queueBuild } from '../../src/store/builds.ts'
import { queueDeployment } from '../../src/store/deployments.ts'
import { pointTo } from '../../src/store/environments.ts'
import { appendEvent } from '../../src/store/events.ts'
import { setSecret } from '../../src/store/secrets.ts'
import { setSetting } from '../../src/store/settings.ts'
import {
  addReleases,
  ask,
  at,
  commit,
  home,
  newDeployment,
  newInstance,
  place,
  type Rig,
  serverInfo,
  startApi,
  startShop,
} from './rig.ts'

const plan = (release: number) => ({
  release,
  strategy: 'blue-green' as const,
  services: [],
  jobs: [],
})

const addDeployment = (
  { store }: Rig,
  ...[release, changes]: [number, Parameters<typeof newDeployment>[2]?]
) => store.write((db) => queueDeployment(db, newDeployment(place, release, changes)))

describe('apps', () => {
  test('are made once: 201, then 200 and nothing is asked for again', async () => {
    const rig = await startApi()
    const first = await ask(rig, '/v1/apps', { method: 'POST', body: { name: 'blog' } })
    expect(first.status).toBe(201)
    expect(first.json).toEqual({
      name: 'blog',
      createdAt: at,
      stable: null,
      urls: ['http://blog.localhost:8080'],
    })
    const second = await ask(rig, '/v1/apps', { method: 'POST', body: { name: 'blog' } })
    expect(second.status).toBe(200)
    expect(second.json).toEqual(first.json)
    expect(rig.asked).toEqual([{ what: 'create', facts: { app: 'blog', by: 'laptop' } }])
  })

  test('are listed by name, each with what production points to', async () => {
    const rig = await startShop()
    await ask(rig, '/v1/apps', { method: 'POST', body: { name: 'blog' } })
    await addReleases(rig, 1)
    await rig.store.write((db) => pointTo(db, place, { stable: 1, warm: null }))
    const { json } = await ask(rig, '/v1/apps')
    expect(json).toMatchObject({
      apps: [
        { name: 'blog', stable: null },
        { name: 'shop', stable: 1 },
      ],
    })
    expect((await ask(rig, '/v1/apps/shop')).json).toMatchObject({ name: 'shop', stable: 1 })
  })

  test('are removed only when their name is repeated', async () => {
    const rig = await startShop()
    for (const path of ['/v1/apps/shop', '/v1/apps/shop?confirm=', '/v1/apps/shop?confirm=Shop']) {
      const { status, json } = await ask(rig, path, { method: 'DELETE' })
      expect(status).toBe(400)
      expect(json).toMatchObject({ code: 'confirm.mismatch', facts: { expected: 'shop' } })
    }
    expect(rig.asked).toEqual([])
    const { status, text } = await ask(rig, '/v1/apps/shop?confirm=shop', { method: 'DELETE' })
    expect([status, text]).toEqual([204, ''])
    expect((await ask(rig, '/v1/apps/shop')).status).toBe(404)
  })
})

describe('an app that is not there', () => {
  test('is said to be unknown on every path of it', async () => {
    const rig = await startApi()
    const paths = rig.api.routes.filter(({ url }) => url.includes(':app'))
    expect(paths.length).toBeGreaterThan(15)
    const bodies: Record<string, unknown> = {
      'POST pushes': { commit, ref: 'refs/heads/main' },
      'POST environments': { name: 'staging' },
      'POST deployments': { again: true },
      'PUT engine': { engine: null },
      'POST jobs': { job: 'migrate' },
    }
    for (const { method, url } of paths) {
      const path = url
        .replace(':app', 'gone')
        .replace(':environment', 'production')
        .replace(':number', '1')
      const body =
        bodies[`${method} ${url.split('/').at(-1)}`] ?? (method === 'PATCH' ? {} : undefined)
      const question = url.endsWith('archives')
        ? { raw: 'bytes', headers: { 'content-type': 'application/gzip' } }
        : body
          ? { body }
          : {}
      const { status, json } = await ask(rig, path, { method, ...question })
      expect([status, json['code']], `${method} ${path}`).toEqual([404, 'app.unknown'])
    }
  })

  test('and an environment that is not there is said to be that', async () => {
    const rig = await startShop()
    const { status, json } = await ask(rig, '/v1/apps/shop/environments/staging')
    expect(status).toBe(404)
    expect(json).toMatchObject({
      code: 'environment.unknown',
      facts: { app: 'shop', environment: 'staging' },
    })
  })
})

test('a push is handed on with the name of its token, and answered with the build', async () => {
  const rig = await startShop()
  const body = { commit, ref: 'refs/heads/main' }
  const { status, json } = await ask(rig, '/v1/apps/shop/pushes', { method: 'POST', body })
  expect(status).toBe(202)
  expect(json).toMatchObject({ app: 'shop', number: 1, status: 'queued', commit, by: 'laptop' })
  const facts = { app: 'shop', ...body, by: 'laptop' }
  expect(rig.asked).toEqual([{ what: 'receive', facts }])
})

test('what the conductor refuses is answered with its status, sentence, hint and facts', async () => {
  const rig = await startShop()
  const facts = {
    app: 'shop',
    branch: 'wip',
    deployed: [{ environment: 'production', branch: 'main' }],
    named: null,
  }
  rig.breaks = new NaruError('push.branch', facts)
  const body = { commit, ref: 'refs/heads/wip' }
  const { status, json } = await ask(rig, '/v1/apps/shop/pushes', { method: 'POST', body })
  expect(status).toBe(409)
  expect(json).toEqual({
    code: 'push.branch',
    message:
      'no environment of shop deploys the branch "wip": production deploys main; nothing changed',
    hint: 'naru env create wip gives it an environment; git push naru wip:main deploys it to production',
    facts,
    requestId: expect.stringMatching(/^[a-z2-9]{12}$/),
  })
})

test('a bug is answered with a report number, and its stack is in the log and nowhere else', async () => {
  const rig = await startShop()
  rig.breaks = new TypeError('the inside of Naru')
  const { status, json, text, headers } = await ask(rig, `${home}/rollback`, { method: 'POST' })
  expect(status).toBe(500)
  expect(json).toMatchObject({ code: 'naru.broken', facts: { report: json['requestId'] } })
  expect(headers['x-request-id']).toBe(json['requestId'])
  expect(text).not.toContain('inside of Naru')
  const lines = rig.logged.filter((line) => line.includes(String(json['requestId'])))
  expect(lines[0]).toContain('TypeError: the inside of Naru')
  expect(lines[0]).toContain('answers.test.ts')
})

describe('builds', () => {
  test('are listed newest first, as many as asked for', async () => {
    const rig = await startShop()
    for (let n = 0; n < 3; n += 1) {
      await rig.store.write((db) =>
        queueBuild(db, { ...place, source: 'push', commit, title: 'T', by: 'laptop', at }),
      )
    }
    const { json } = await ask(rig, '/v1/apps/shop/builds?limit=2')
    expect(json).toMatchObject({ builds: [{ number: 3 }, { number: 2 }] })
    expect((await ask(rig, '/v1/apps/shop/builds/2')).json).toMatchObject({ number: 2 })
    expect((await ask(rig, '/v1/apps/shop/builds/4')).json).toMatchObject({ code: 'build.unknown' })
  })
})

describe('releases', () => {
  test('are stable, candidate, warm or retired', async () => {
    const rig = await startShop()
    await addReleases(rig, 5)
    await rig.store.write((db) =>
      pointTo(db, place, { stable: 3, warm: { release: 2, untilServed: 60_000 } }),
    )
    await addDeployment(rig, 4, { status: 'starting' })
    await addDeployment(rig, 5)
    const { json } = await ask(rig, `${home}/releases`)
    const releases = json['releases'] as { number: number; state: string }[]
    expect(releases.map(({ number, state }) => [number, state])).toEqual([
      [5, 'candidate'],
      [4, 'candidate'],
      [3, 'stable'],
      [2, 'warm'],
      [1, 'retired'],
    ])
  })

  test('name their services, secret versions and settings, and never where their files lie', async () => {
    const rig = await startShop()
    await addReleases(rig, 1)
    const { json } = await ask(rig, `${home}/releases`)
    expect((json['releases'] as object[])[0]).toMatchObject({
      number: 1,
      services: [
        { name: 'web', routed: true, replicas: 1 },
        { name: 'worker', routed: false, replicas: 2 },
      ],
      secrets: { TOKEN: 1 },
      settings: { COLOUR: 'blue' },
      stableAt: null,
    })
  })

  test('a rollback is of the one before, or of the one that is named', async () => {
    const rig = await startShop()
    await addReleases(rig, 2)
    const first = await ask(rig, `${home}/rollback`, { method: 'POST' })
    expect([first.status, first.json['number'], first.json['status']]).toEqual([202, 1, 'queued'])
    const second = await ask(rig, `${home}/rollback`, { method: 'POST', body: { release: 2 } })
    expect(second.json).toMatchObject({ release: 2 })
    expect(rig.asked.map(({ facts }) => facts)).toEqual([
      { release: undefined, by: 'laptop' },
      { release: 2, by: 'laptop' },
    ])
    const third = await ask(rig, `${home}/rollback`, { method: 'POST', body: { release: 9 } })
    expect(third.json).toMatchObject({ code: 'release.unknown', facts: { release: 9 } })
  })
})

describe('deployments', () => {
  test('say what is serving: the traffic of the one that runs, the last word of one that is over', async () => {
    const rig = await startShop()
    await addReleases(rig, 3)
    await rig.store.write((db) => pointTo(db, place, { stable: 2, warm: null }))
    await addDeployment(rig, 1, { status: 'succeeded' })
    await addDeployment(rig, 2, { status: 'rolled_back', stable: plan(1) })
    await addDeployment(rig, 3, { status: 'baking', stable: plan(2), traffic: 'candidate' })
    const { json } = await ask(rig, `${home}/deployments`)
    const deployments = json['deployments'] as Record<string, unknown>[]
    expect(
      deployments.map(({ number, status, from, serving }) => [number, status, from, serving]),
    ).toEqual([
      [3, 'baking', 2, 3],
      [2, 'rolled_back', 1, 1],
      [1, 'succeeded', null, 1],
    ])
  })

  test('one that was superseded before its turn says what serves all the same', async () => {
    const rig = await startShop()
    await addReleases(rig, 2)
    await rig.store.write((db) => pointTo(db, place, { stable: 1, warm: null }))
    await rig.store.write((db) =>
      queueDeployment(db, {
        ...newDeployment(place, 2, { status: 'superseded' }),
        startedAt: null,
      }),
    )
    expect((await ask(rig, `${home}/deployments/1`)).json).toMatchObject({
      status: 'superseded',
      serving: 1,
    })
  })

  test('a story is its own events and no others, oldest first', async () => {
    const rig = await startShop()
    await addReleases(rig, 1)
    await addDeployment(rig, 1, { status: 'starting' })
    const about = { ...place, kind: 'deployment.starting' as const }
    for (const deployment of [1, 2, 1]) {
      await rig.store.write((db) =>
        appendEvent(db, at, { ...about, data: { deployment, release: 1, services: ['web'] } }),
      )
    }
    const { json } = await ask(rig, `${home}/deployments/1`)
    expect((json['events'] as { id: number }[]).map(({ id }) => id)).toEqual([1, 3])
    expect(json).toMatchObject({ number: 1, status: 'starting' })
  })

  test('an abort is asked of the conductor', async () => {
    const rig = await startShop()
    await addReleases(rig, 1)
    await addDeployment(rig, 1, { status: 'starting' })
    const { status } = await ask(rig, `${home}/deployments/1/abort`, { method: 'POST' })
    expect(status).toBe(202)
    expect(rig.asked).toEqual([{ what: 'abort', facts: { deployment: 1, by: 'laptop' } }])
    const unknown = await ask(rig, `${home}/deployments/7/abort`, { method: 'POST' })
    expect(unknown.json).toMatchObject({ code: 'deployment.unknown' })
  })
})

describe('the status of a place', () => {
  test('says that nothing has served yet', async () => {
    const rig = await startShop()
    expect((await ask(rig, home)).json).toEqual({
      ...place,
      urls: ['http://shop.localhost:8080'],
      beside: null,
      serving: null,
      stable: null,
      warm: null,
      deployment: null,
      last: null,
      instances: [],
    })
  })

  test('has what runs, what ended last, how long the old one stays warm, and the instances', async () => {
    const rig = await startShop()
    await addReleases(rig, 3)
    rig.served = 10_500
    await rig.store.write((db) =>
      pointTo(db, place, { stable: 2, warm: { release: 1, untilServed: 70_000 } }),
    )
    await addDeployment(rig, 2, { status: 'succeeded' })
    await addDeployment(rig, 3, { status: 'starting', stable: plan(2) })
    await addDeployment(rig, 3)
    rig.instances = [
      newInstance('a'),
      newInstance('b', { set: { ...place, app: 'blog', service: 'web', release: 1 } }),
      newInstance('c', { address: { host: '::1', port: 20_002 }, health: 'down', pid: null }),
    ]
    const { json } = await ask(rig, home)
    expect(json).toMatchObject({
      serving: 2,
      stable: 2,
      warm: { release: 1, secondsLeft: 60 },
      deployment: { number: 2, status: 'starting', serving: 2 },
      last: { number: 1, status: 'succeeded' },
      instances: [
        { id: 'a', service: 'web', release: 1, address: '127.0.0.1:20001', health: 'healthy' },
        { id: 'c', address: '[::1]:20002', health: 'down', pid: null },
      ],
    })
    expect(json['instances']).toHaveLength(2)
    expect((await ask(rig, `${home}/instances`)).json['instances']).toEqual(json['instances'])
  })

  test('never counts a warm time below nothing', async () => {
    const rig = await startShop()
    await addReleases(rig, 2)
    rig.served = 100_000
    await rig.store.write((db) =>
      pointTo(db, place, { stable: 2, warm: { release: 1, untilServed: 70_000 } }),
    )
    expect((await ask(rig, home)).json['warm']).toEqual({ release: 1, secondsLeft: 0 })
  })
})

describe('settings', () => {
  test('are listed, and changed by the conductor with defaults filled in', async () => {
    const rig = await startShop()
    await rig.store.write((db) => setSetting(db, place, 'COLOUR', 'blue'))
    expect((await ask(rig, `${home}/settings`)).json).toEqual({ settings: { COLOUR: 'blue' } })
    const change = { method: 'PATCH', body: { set: { COLOUR: 'red' } } }
    const { status, json } = await ask(rig, `${home}/settings`, change)
    expect([status, json]).toEqual([202, { deployment: null }])
    expect(rig.asked).toEqual([
      {
        what: 'settings',
        facts: { set: { COLOUR: 'red' }, unset: [], deploy: true, by: 'laptop' },
      },
    ])
  })
})

describe('secrets', () => {
  test('are listed by name and version alone', async () => {
    const rig = await startShop()
    const { store } = rig
    await store.write((db) => setSecret(db, store.vault, place, 'KEY', new Secret('canary-1'), at))
    const { json, text } = await ask(rig, `${home}/secrets`)
    expect(json).toEqual({ secrets: [{ name: 'KEY', version: 1, updatedAt: at }] })
    expect(text).not.toContain('canary')
  })

  test('reach the conductor as secrets, and are in no answer and no log', async () => {
    const rig = await startShop()
    const body = { set: { KEY: 'canary-2' }, deploy: false }
    const { status, text } = await ask(rig, `${home}/secrets`, { method: 'PATCH', body })
    expect(status).toBe(202)
    expect(rig.secrets[0]?.['KEY']?.reveal()).toBe('canary-2')
    expect(JSON.stringify(rig.asked)).toContain('‹hidden›')
    rig.breaks = new Error('broke')
    const broken = await ask(rig, `${home}/secrets`, { method: 'PATCH', body })
    expect(broken.status).toBe(500)
    expect(JSON.stringify([text, broken, rig.asked, rig.logged])).not.toContain('canary')
  })
})

describe('the server', () => {
  test('says what it is', async () => {
    const rig = await startApi()
    expect((await ask(rig, '/v1/server')).json).toEqual(serverInfo)
  })

  test('is told to end after its answer is out', async () => {
    const rig = await startApi()
    const answer = await ask(rig, '/v1/server/stop', { method: 'POST', body: { keepApps: true } })
    expect([answer.status, answer.text, answer.headers.connection]).toEqual([202, '', 'close'])
    await expect.poll(() => rig.stops).toEqual([{ keepApps: true }])
  })

  test('leaves one line a request in its log, and none for the question whether it answers', async () => {
    const rig = await startShop()
    await ask(rig, '/v1/health')
    const { headers } = await ask(rig, '/v1/apps/shop/builds?limit=1')
    const lines = () => rig.logged.filter((line) => line.includes('"request"'))
    await expect.poll(() => lines().length).toBe(1)
    expect(JSON.parse(lines()[0] ?? '')).toEqual({
      at: expect.any(String),
      level: 'info',
      message: 'request',
      requestId: headers['x-request-id'],
      method: 'GET',
      path: '/v1/apps/shop/builds',
      status: 200,
      ms: expect.any(Number),
      by: 'laptop',
    })
  })
})
