import { expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { Secret } from '../../src/base/secret.ts'
import { keptReleases } from '../../src/deploy/collector.ts'
import { requireRelease } from '../../src/store/releases.ts'
import { oneService, place, rig, until } from './rig.ts'

it('versions of a secret that no kept release needs are removed', async () => {
  const naru = await rig()
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  const changes = keptReleases + 3
  for (let version = 1; version <= changes; version += 1) {
    const change = { set: { KEY: new Secret(`${version}`) }, unset: [], deploy: true }
    await naru.naru.changeSecrets(place, change, 'ada')
    await until(async () => expect(await naru.stable()).toBe(version + 1))
  }

  await naru.loops.collect()

  const kept = await naru.store.db.selectFrom('secretVersions').select('version').execute()
  expect(kept.map(({ version }) => version)).toHaveLength(keptReleases)
})

it('versions of a secret of a release that has the traffic are kept, though it never was stable', async () => {
  const naru = await rig()
  const newest = async () => (await naru.deployments()).at(-1)?.rollout.status
  const change = (value: string) =>
    naru.naru.changeSecrets(
      place,
      { set: { KEY: new Secret(value) }, unset: [], deploy: true },
      'ada',
    )
  naru.spec.text = oneService
    .replace('settle: 0s', 'settle: 1500ms')
    .replace('healthy-for: 0s', 'healthy-for: 0s\n    healthy-within: 1s')
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  await change('of v2')
  await until(async () => expect(await newest()).toBe('baking'))
  const at = new Date(Date.now() + 1000).toISOString()
  naru.engine.set(1, { health: 'unhealthy' })
  naru.engine.set(2, { health: 'down', lastExit: { code: 1, signal: null, at } })
  await until(async () => expect(await newest()).toBe('blocked'))
  naru.engine.set(2, { health: 'healthy' })
  await until(() => expect(naru.router.serving).toBe(2))
  naru.engine.onEnsure = ({ set }) => {
    if (set.release === 3)
      throw new NaruError('engine.start-failed', { instance: 'web-3', reason: 'no' })
  }
  await change('of v3')
  await until(async () => expect(await newest()).toBe('failed'))

  await naru.loops.collect()

  expect(await naru.naru.serving(place)).toBe(2)
  expect((await requireRelease(naru.store.db, place, 2)).secrets).toEqual({ KEY: 1 })
  const kept = await naru.store.db.selectFrom('secretVersions').select('version').execute()
  expect(kept.map(({ version }) => version)).toContain(1)
})
