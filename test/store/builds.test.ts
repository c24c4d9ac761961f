import { expect, test } from 'vitest'
import { createApp } from '../../src/store/apps.ts'
import {
  findArtifact,
  keepArtifact,
  listArtifacts,
  removeArtifact,
} from '../../src/store/artifacts.ts'
import {
  findBuild,
  listBuilds,
  moveBuild,
  queueBuild,
  requireBuild,
  unfinishedBuilds,
  waitingBuilds,
} from '../../src/store/builds.ts'
import { newBuild } from './samples.ts'
import { at, failureOf, place, shopStore } from './scratch.ts'

const blog = { app: 'blog', environment: 'production' }

test('builds are numbered per app and listed newest first', async () => {
  const store = await shopStore()
  await store.write((db) => createApp(db, { name: 'blog', at }))
  const queue = (of: typeof place) => store.write((db) => queueBuild(db, newBuild(of)))
  const queued = [await queue(place), await queue(blog), await queue(place), await queue(place)]
  expect(queued.map(({ number }) => number)).toEqual([1, 1, 2, 3])
  const { at: queuedAt, ...asked } = newBuild(place)
  expect(queued[0]).toEqual({
    ...asked,
    number: 1,
    status: 'queued',
    deploys: true,
    warnings: [],
    queuedAt,
    startedAt: null,
    endedAt: null,
    artifact: null,
    problem: null,
    deployment: null,
  })
  expect(await findBuild(store.db, 'shop', 1)).toEqual(queued[0])
  expect((await listBuilds(store.db, 'shop', 2)).map(({ number }) => number)).toEqual([3, 2])
})

test('a build that does not exist is unknown', async () => {
  const store = await shopStore()
  expect(await findBuild(store.db, 'shop', 9)).toBeUndefined()
  expect(await failureOf(() => requireBuild(store.db, 'shop', 9))).toEqual({
    code: 'build.unknown',
    facts: { app: 'shop', build: 9 },
  })
})

test('a build moves on with what came of it, and each move leaves the rest as it was', async () => {
  const store = await shopStore()
  await store.write((db) => queueBuild(db, newBuild(place)))
  const move = (
    ...[to, changes]: [Parameters<typeof moveBuild>[3], Parameters<typeof moveBuild>[4]]
  ) => store.write((db) => moveBuild(db, 'shop', 1, to, changes))
  expect(await move('running', { startedAt: at })).toMatchObject({
    status: 'running',
    startedAt: at,
  })
  expect(await move('queued', { startedAt: null })).toMatchObject({
    status: 'queued',
    startedAt: null,
  })
  await move('running', { startedAt: at })
  const done = await move('succeeded', { endedAt: at, artifact: 'sha256-1', deployment: 4 })
  expect(done).toMatchObject({
    status: 'succeeded',
    startedAt: at,
    endedAt: at,
    artifact: 'sha256-1',
    deployment: 4,
  })
  expect(await requireBuild(store.db, 'shop', 1)).toEqual(done)
})

test('a failed build keeps its problem', async () => {
  const store = await shopStore()
  await store.write((db) => queueBuild(db, newBuild(place)))
  const problem = { code: 'build.no-start', facts: { found: 'a "package.json"' } } as const
  await store.write((db) => moveBuild(db, 'shop', 1, 'failed', { endedAt: at, problem }))
  expect((await requireBuild(store.db, 'shop', 1)).problem).toEqual(problem)
})

test('a move that is not in the table is a bug, and changes nothing', async () => {
  const store = await shopStore()
  await store.write((db) => queueBuild(db, newBuild(place)))
  const wrong = store.write((db) => moveBuild(db, 'shop', 1, 'succeeded', {}))
  await expect(wrong).rejects.toThrow('build 1 of shop cannot go from queued to succeeded')
  expect((await requireBuild(store.db, 'shop', 1)).status).toBe('queued')
})

test('those that wait come oldest first over all apps; those unfinished of one environment, or of all', async () => {
  const store = await shopStore()
  await store.write(async (db) => {
    await createApp(db, { name: 'blog', at })
    await queueBuild(db, newBuild(place))
    await queueBuild(db, newBuild(blog))
    await queueBuild(db, newBuild(place))
    await queueBuild(db, newBuild(blog))
    await moveBuild(db, 'shop', 1, 'running', {})
    await moveBuild(db, 'blog', 2, 'superseded', {})
  })
  const names = (builds: { app: string; number: number }[]) =>
    builds.map(({ app, number }) => `${app} ${number}`)
  expect(names(await waitingBuilds(store.db))).toEqual(['blog 1', 'shop 2'])
  expect(names(await unfinishedBuilds(store.db))).toEqual(['shop 1', 'blog 1', 'shop 2'])
  expect(names(await unfinishedBuilds(store.db, place))).toEqual(['shop 1', 'shop 2'])
  expect(await unfinishedBuilds(store.db, { app: 'shop', environment: 'staging' })).toEqual([])
})

test('an artifact is kept by its digest, the later note counts, and it can be forgotten', async () => {
  const store = await shopStore()
  const artifact = {
    digest: 'sha256-1',
    app: 'shop',
    body: { kind: 'slug', folder: '/slugs/1' } as const,
    services: { web: 'npm start' },
    jobs: {},
    environment: {},
    workingFolder: '.',
  }
  const moved = {
    ...artifact,
    body: { kind: 'slug', folder: '/slugs/other' } as const,
    services: { web: ['node', 'a b.js'] as const },
  }
  await store.write((db) => keepArtifact(db, artifact, at))
  expect(await findArtifact(store.db, 'shop', 'sha256-1')).toEqual(artifact)
  await store.write((db) => keepArtifact(db, moved, at))
  await store.write((db) => keepArtifact(db, { ...artifact, digest: 'sha256-0', services: {} }, at))
  expect(await listArtifacts(store.db)).toEqual([
    { ...artifact, digest: 'sha256-0', services: {} },
    moved,
  ])
  await store.write((db) => removeArtifact(db, 'shop', 'sha256-1'))
  await store.write((db) => removeArtifact(db, 'shop', 'sha256-1'))
  expect(await findArtifact(store.db, 'shop', 'sha256-1')).toBeUndefined()
})
