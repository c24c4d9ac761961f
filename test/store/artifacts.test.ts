import { expect, test } from 'vitest'
import type { Artifact } from '../../src/model/artifact.ts'
import {
  findArtifact,
  keepArtifact,
  listArtifacts,
  removeArtifact,
} from '../../src/store/artifacts.ts'
import { at, shopStore } from './scratch.ts'

const plain: Artifact = {
  app: 'shop',
  digest: 'sha256-1',
  body: { kind: 'slug', folder: '/slugs/1' },
  services: { web: ['node', 'server.js'], worker: 'node w.js' },
  jobs: { release: { command: 'migrate', when: 'before-rollout', timeoutSeconds: 600 } },
}

test('an artifact comes back as it was kept, with what its programs need', async () => {
  const store = await shopStore()
  const more = { ...plain, digest: 'sha256-2', environment: { A: 'b' }, workingFolder: 'apps/web' }
  await store.write(async (db) => {
    await keepArtifact(db, plain, at)
    await keepArtifact(db, more, at)
  })
  expect(await findArtifact(store.db, 'shop', 'sha256-1')).toEqual({
    ...plain,
    environment: {},
    workingFolder: '.',
  })
  expect(await findArtifact(store.db, 'shop', 'sha256-2')).toEqual(more)
  expect(await findArtifact(store.db, 'blog', 'sha256-2')).toBeUndefined()
  expect((await listArtifacts(store.db)).map(({ digest }) => digest)).toEqual([
    'sha256-1',
    'sha256-2',
  ])
})

test('of the same digest the later note counts, and forgetting one twice is fine', async () => {
  const store = await shopStore()
  await store.write(async (db) => {
    await keepArtifact(db, plain, at)
    await keepArtifact(db, { ...plain, services: {} }, at)
  })
  expect((await findArtifact(store.db, 'shop', 'sha256-1'))?.services).toEqual({})
  for (let time = 0; time < 2; time += 1)
    await store.write((db) => removeArtifact(db, 'shop', 'sha256-1'))
  expect(await listArtifacts(store.db)).toEqual([])
})
