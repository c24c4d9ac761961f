import { expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { keptReleases } from '../../src/deploy/collector.ts'
import { place, rig, until } from './rig.ts'

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
