import { expect, test } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import {
  createApp,
  findApp,
  firstGroup,
  listApps,
  removeApp,
  requireApp,
} from '../../src/store/apps.ts'
import { keepArtifact, listArtifacts } from '../../src/store/artifacts.ts'
import { listBuilds, queueBuild } from '../../src/store/builds.ts'
import { queueDeployment } from '../../src/store/deployments.ts'
import { findEnvironment, listEnvironments, pointTo } from '../../src/store/environments.ts'
import { appendEvent, listEvents } from '../../src/store/events.ts'
import { createRelease, listReleases, markStable } from '../../src/store/releases.ts'
import { listSecrets, setSecret } from '../../src/store/secrets.ts'
import { listSettings, setSetting } from '../../src/store/settings.ts'
import { newBuild, newDeployment, newRelease } from './samples.ts'
import { at, failureOf, place, scratchStore } from './scratch.ts'

test('an app comes with its environment production, and is listed by name', async () => {
  const store = await scratchStore()
  const shop = await store.write((db) => createApp(db, { name: 'shop', at }))
  const blog = await store.write((db) => createApp(db, { name: 'blog', at }))
  expect(await findApp(store.db, 'shop')).toEqual(shop)
  expect(await requireApp(store.db, 'blog')).toEqual(blog)
  expect(await listApps(store.db)).toEqual([blog, shop])
  expect(await findEnvironment(store.db, place)).toEqual({
    ...place,
    stable: null,
    warm: null,
    branch: null,
    engine: null,
  })
})

test('a name can be taken once, and must be one', async () => {
  const store = await scratchStore()
  await store.write((db) => createApp(db, { name: 'shop', at }))
  expect(await failureOf(() => store.write((db) => createApp(db, { name: 'shop', at })))).toEqual({
    code: 'app.exists',
    facts: { app: 'shop' },
  })
  for (const name of ['', '..', 'a/b', 'A', '-a', "a'; drop table apps; --"]) {
    expect(await failureOf(() => store.write((db) => createApp(db, { name, at })))).toMatchObject({
      code: 'name.invalid',
    })
  }
})

test('an app that does not exist is unknown', async () => {
  const store = await scratchStore()
  expect(await findApp(store.db, 'shop')).toBeUndefined()
  expect(await failureOf(() => requireApp(store.db, 'shop'))).toEqual({
    code: 'app.unknown',
    facts: { app: 'shop' },
  })
})

test('every app has a group that no other app has or ever had', async () => {
  const store = await scratchStore()
  const groups: number[] = []
  for (const name of ['a', 'b', 'b', 'a']) {
    await store.write((db) => removeApp(db, name))
    groups.push((await store.write((db) => createApp(db, { name, at }))).group)
  }
  expect(groups).toEqual([1, 2, 3, 4].map((number) => firstGroup + number))
  expect(Math.max(...groups)).toBeLessThan(2 ** 31)
})

test('removing an app removes everything of it but its events, and nothing of others', async () => {
  const store = await scratchStore()
  for (const app of ['shop', 'blog']) {
    await store.write(async (db) => {
      const of = { app, environment: 'production' }
      await createApp(db, { name: app, at })
      await setSetting(db, of, 'COLOUR', 'blue')
      await setSecret(db, store.vault, of, 'TOKEN', new Secret('value'), at)
      await queueBuild(db, newBuild(of))
      await keepArtifact(
        db,
        {
          digest: 'sha256-1',
          app,
          body: { kind: 'slug', folder: '/slug' },
          services: {},
          jobs: {},
        },
        at,
      )
      await createRelease(db, newRelease(of))
      await createRelease(db, newRelease(of))
      await markStable(db, of, 1, at)
      await pointTo(db, of, { stable: 1, warm: { release: 2, untilServed: 5 } })
      await queueDeployment(db, newDeployment(of, 2))
      await appendEvent(db, at, { ...of, kind: 'warm.ended', data: { release: 1 } })
    })
  }
  await store.write((db) => removeApp(db, 'shop'))
  await store.write((db) => removeApp(db, 'shop'))
  const left = async (app: string) => {
    const of = { app, environment: 'production' }
    return {
      environments: (await listEnvironments(store.db)).filter(
        (environment) => environment.app === app,
      ).length,
      settings: Object.keys(await listSettings(store.db, of)).length,
      secrets: (await listSecrets(store.db, of)).length,
      builds: (await listBuilds(store.db, app, 9)).length,
      artifacts: (await listArtifacts(store.db)).filter((artifact) => artifact.app === app).length,
      releases: (await listReleases(store.db, of, 9)).length,
      events: (await listEvents(store.db, { app })).length,
    }
  }
  expect(await left('shop')).toEqual({
    environments: 0,
    settings: 0,
    secrets: 0,
    builds: 0,
    artifacts: 0,
    releases: 0,
    events: 1,
  })
  expect(await left('blog')).toEqual({
    environments: 1,
    settings: 1,
    secrets: 1,
    builds: 1,
    artifacts: 1,
    releases: 2,
    events: 1,
  })
})

test('the story of a deployment is not mixed with one of a removed app of the same name', async () => {
  const store = await scratchStore()
  const tell = () =>
    store.write(async (db) => {
      await createApp(db, { name: 'shop', at })
      const data = { deployment: 1, release: 1, services: ['web'] }
      return appendEvent(db, at, { ...place, kind: 'deployment.healthy', data })
    })
  await tell()
  await store.write((db) => removeApp(db, 'shop'))
  const told = await tell()
  expect(await listEvents(store.db, { ...place, deployment: 1 })).toEqual([told])
  expect(await listEvents(store.db, { app: 'shop' })).toHaveLength(2)
})
