import { describe, expect, test } from 'vitest'
import { removeApp } from '../../src/store/apps.ts'
import { queueBuild } from '../../src/store/builds.ts'
import { queueDeployment } from '../../src/store/deployments.ts'
import { findEnvironment, removeEnvironment } from '../../src/store/environments.ts'
import { addReleases, ask, at, commit, home, newDeployment, place, startShop } from './rig.ts'

const environments = '/v1/apps/shop/environments'

describe('environments', () => {
  test('are made with a branch, listed by name, and removed when their name is repeated', async () => {
    const rig = await startShop()
    const wanted = { name: 'staging', branch: 'develop', from: 'production' }
    const made = await ask(rig, environments, { method: 'POST', body: wanted })
    expect(made.status).toBe(201)
    expect(made.json).toEqual({
      app: 'shop',
      name: 'staging',
      branch: 'staging',
      stable: null,
      serving: null,
      urls: ['http://shop.localhost:8080'],
    })
    expect(rig.asked.at(-1)).toEqual({
      what: 'create-environment',
      facts: {
        app: 'shop',
        environment: 'staging',
        branch: 'develop',
        from: 'production',
        by: 'laptop',
      },
    })
    const { json } = await ask(rig, environments)
    expect(json).toMatchObject({ environments: [{ name: 'production' }, { name: 'staging' }] })

    const unconfirmed = await ask(rig, `${environments}/staging?confirm=shop`, { method: 'DELETE' })
    expect([unconfirmed.status, unconfirmed.json['code']]).toEqual([400, 'confirm.mismatch'])
    expect(unconfirmed.json['message']).toContain('the environment is called "staging"')
    const gone = await ask(rig, `${environments}/staging?confirm=staging`, { method: 'DELETE' })
    expect([gone.status, gone.text]).toEqual([204, ''])
    const staging = { ...place, environment: 'staging' }
    expect(await findEnvironment(rig.store.db, staging)).toBeUndefined()
  })

  test('are listed without the one that is removed meanwhile, and so are apps', async () => {
    const rig = await startShop()
    await ask(rig, environments, { method: 'POST', body: { name: 'staging' } })
    rig.beforeLook = async ({ app, environment }) => {
      if (
        environment !== 'staging' ||
        (await findEnvironment(rig.store.db, { app, environment })) === undefined
      )
        return
      await rig.store.write((db) => removeEnvironment(db, { app, environment }))
    }
    const { status, json } = await ask(rig, environments)
    expect([status, json]).toMatchObject([200, { environments: [{ name: 'production' }] }])
    rig.beforeLook = async ({ app }) => rig.store.write((db) => removeApp(db, app)).catch(() => {})
    expect(await ask(rig, '/v1/apps')).toMatchObject({ status: 200, json: { apps: [] } })
  })

  test('say which other release answers while one replaces the other', async () => {
    const rig = await startShop()
    await addReleases(rig, 2)
    const status = async () => (await ask(rig, home)).json
    expect(await status()).toMatchObject({ beside: null })
    const rolling = newDeployment(place, 2, { status: 'starting', traffic: 'both' })
    await rig.store.write((db) => queueDeployment(db, rolling))
    expect(await status()).toMatchObject({ beside: 2, deployment: { release: 2 } })
  })

  test('have builds of their own, which can be listed alone', async () => {
    const rig = await startShop()
    await ask(rig, environments, { method: 'POST', body: { name: 'staging' } })
    for (const environment of ['production', 'staging', 'production']) {
      const build = {
        app: 'shop',
        environment,
        source: 'push',
        commit,
        title: 'x',
        by: 'ada',
        at,
      } as const
      await rig.store.write((db) => queueBuild(db, build))
    }
    const numbers = async (query: string) => {
      const { json } = await ask(rig, `/v1/apps/shop/builds${query}`)
      return json['builds'] === undefined
        ? json['code']
        : (json['builds'] as { number: number }[]).map(({ number }) => number)
    }
    expect(await numbers('')).toEqual([3, 2, 1])
    expect(await numbers('?environment=production')).toEqual([3, 1])
    expect(await numbers('?environment=production&limit=1')).toEqual([3])
    expect(await numbers('?environment=staging')).toEqual([2])
    expect(await numbers('?environment=nowhere')).toBe('environment.unknown')
    expect(await numbers('?environment=..')).toBe('name.invalid')
  })

  test('need neither a branch nor another to begin with', async () => {
    const rig = await startShop()
    await ask(rig, environments, { method: 'POST', body: { name: 'staging' } })
    expect(rig.asked.at(-1)?.facts).toMatchObject({ branch: null, from: null })
  })
})

describe('a deployment of what was built before', () => {
  test('names a build, another environment, or says again; nothing else and nothing more', async () => {
    const rig = await startShop()
    await addReleases(rig, 1)
    for (const wish of [{ build: 3 }, { again: true }, { promote: 'staging' }]) {
      const { status, json } = await ask(rig, `${home}/deployments`, { method: 'POST', body: wish })
      expect([status, json['status']]).toEqual([202, 'queued'])
      expect(rig.asked.at(-1)).toMatchObject({ what: 'deploy', facts: { wish, by: 'laptop' } })
    }
    for (const body of [
      {},
      { build: 0 },
      { build: 'x' },
      { again: false },
      { build: 1, again: true },
    ])
      expect((await ask(rig, `${home}/deployments`, { method: 'POST', body })).json['code']).toBe(
        'request.invalid',
      )
  })
})

describe('the scale', () => {
  test('is told, changed, and given back; 0 with the name of the app is meant', async () => {
    const rig = await startShop()
    expect((await ask(rig, `${home}/scale`)).json).toEqual({
      services: [{ name: 'web', routed: true, replicas: 2, asked: true }],
    })
    const change = (body: unknown) => ask(rig, `${home}/scale`, { method: 'PATCH', body })
    expect((await change({ set: { web: 0 }, unset: ['worker'], confirm: 'shop' })).status).toBe(202)
    expect(rig.asked.at(-1)).toEqual({
      what: 'scale',
      facts: { ...place, set: { web: 0 }, unset: ['worker'], confirmed: true, by: 'laptop' },
    })
    await change({ set: { web: 0 }, confirm: 'production' })
    expect(rig.asked.at(-1)?.facts).toMatchObject({ confirmed: false })
    for (const web of [-1, 1.5, 51, '2', null])
      expect((await change({ set: { web } })).json['code']).toBe('request.invalid')
  })
})

describe('a build', () => {
  test('that waits says how many come before it, and is cancelled', async () => {
    const rig = await startShop()
    const push = { commit, ref: 'refs/heads/main' }
    for (let n = 0; n < 2; n += 1)
      await ask(rig, '/v1/apps/shop/pushes', { method: 'POST', body: push })
    const { json } = await ask(rig, '/v1/apps/shop/builds')
    expect(json).toMatchObject({ builds: [{ ahead: 1 }, { ahead: 0 }] })

    const cancelled = await ask(rig, '/v1/apps/shop/builds/1/cancel', { method: 'POST' })
    expect(cancelled.status).toBe(202)
    expect(cancelled.json).toMatchObject({ number: 1, status: 'cancelled', ahead: null })
    expect((await ask(rig, '/v1/apps/shop/builds/2')).json).toMatchObject({ ahead: 0 })
    const unknown = await ask(rig, '/v1/apps/shop/builds/9/cancel', { method: 'POST' })
    expect([unknown.status, unknown.json['code']]).toEqual([404, 'build.unknown'])
  })
})
