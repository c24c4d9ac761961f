import { expect, test } from 'vitest'
import { apiClient } from '../../src/contract/client.ts'
import { ApiFailure } from '../../src/contract/failure.ts'
import { queueBuild } from '../../src/store/builds.ts'
import { queueDeployment } from '../../src/store/deployments.ts'
import { appendEvent } from '../../src/store/events.ts'
import {
  addReleases,
  at,
  commit,
  newDeployment,
  newInstance,
  newLine,
  place,
  serverInfo,
  startShop,
  token,
} from './rig.ts'

test('the client of the command line understands every answer', async () => {
  const rig = await startShop()
  const { store } = rig
  await addReleases(rig, 1)
  await store.write(async (db) => {
    await queueBuild(db, { ...place, source: 'push', commit, title: 'T', by: 'laptop', at })
    const ended = newDeployment(place, 1, { status: 'failed' })
    await queueDeployment(db, ended)
    const data = { deployment: 1, release: 1, services: ['web'] }
    await appendEvent(db, at, { ...place, kind: 'deployment.starting', data })
  })
  rig.instances = [newInstance('a')]
  rig.lines = [newLine(1), newLine(2)]
  rig.buildLog = async function* () {
    yield 'one'
  }
  const client = apiClient({ address: rig.address, token })

  expect(await client.server()).toEqual(serverInfo)
  expect(await client.createApp('blog')).toMatchObject({ created: true, app: { name: 'blog' } })
  expect(await client.createApp('blog')).toMatchObject({ created: false })
  expect((await client.apps()).map(({ name }) => name)).toEqual(['blog', 'shop'])
  await client.destroyApp('blog', 'blog')
  expect(await client.status(place)).toMatchObject({ last: { status: 'failed' } })
  expect(await client.push('shop', { commit, ref: 'refs/heads/main' })).toMatchObject({ number: 2 })
  expect(await client.builds('shop')).toHaveLength(2)
  expect(await client.releases(place)).toHaveLength(1)
  expect(await client.instances(place)).toHaveLength(1)
  expect(await client.deployments(place)).toHaveLength(1)
  expect((await client.deployment(place, 1)).events).toHaveLength(1)
  expect(await client.rollback(place)).toMatchObject({ number: 2, status: 'queued' })
  expect(await client.abort(place, 2)).toMatchObject({ number: 2 })
  expect(await client.changeSettings(place, { set: { A: '1' }, deploy: true })).toEqual({
    deployment: null,
  })
  expect(await client.changeSecrets(place, { unset: ['A'], deploy: false })).toEqual({
    deployment: null,
  })
  expect(await client.settings(place)).toEqual({})
  expect(await client.secrets(place)).toEqual([])

  const kinds: string[] = []
  for await (const { kind } of client.buildLog('shop', 1)) kinds.push(kind)
  for await (const { kind } of client.story(place, 1)) kinds.push(kind)
  for await (const { text } of client.logs(place, { tail: 1 })) kinds.push(text)
  expect(kinds).toEqual(['line', 'end', 'event', 'end', 'line 2'])

  const failure = client.app('gone').catch((error: unknown) => error)
  expect(await failure).toBeInstanceOf(ApiFailure)
  expect(await failure).toMatchObject({ code: 'app.unknown', status: 404, facts: { app: 'gone' } })
})
