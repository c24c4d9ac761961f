import { describe, expect, it } from 'vitest'
import { keptBuilds } from '../../src/deploy/collector.ts'
import { trimRecords } from '../../src/deploy/records.ts'
import { findArtifact } from '../../src/store/artifacts.ts'
import { findBuild, listBuilds } from '../../src/store/builds.ts'
import { listReleases, requireRelease } from '../../src/store/releases.ts'
import { oneService, place, type Rig, rig, until } from './rig.ts'

const forever = (_: unknown, signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(new Error('ended'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })

const built = (naru: Rig, build: number) =>
  until(async () =>
    expect((await findBuild(naru.store.db, 'shop', build))?.status).toBe('succeeded'),
  )

/** An app whose pushes are only built, with two of them. */
async function manual(): Promise<Rig> {
  const naru = await rig()
  naru.spec.text = `${oneService}deploy: manual\n`
  await naru.push('one')
  await built(naru, 1)
  await naru.push('two')
  await built(naru, 2)
  return naru
}

describe('an environment with deploy: manual', () => {
  it('makes artifacts of pushes, and no release', async () => {
    const naru = await manual()
    expect(await naru.deployments()).toEqual([])
    expect(await listBuilds(naru.store.db, 'shop', 9)).toMatchObject([
      { number: 2, deploys: false, deployment: null, artifact: 'sha256-two' },
      { number: 1, deploys: false, deployment: null, artifact: 'sha256-one' },
    ])
  })

  it('deploys a build while a newer push is being built, and neither disturbs the other', async () => {
    const naru = await manual()
    const now = naru.build.run
    let finish = (): void => {}
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    naru.build.run = async (job, signal) => {
      await Promise.race([held, forever(job, signal)])
      return now(job, signal)
    }
    await naru.push('three')
    await until(async () =>
      expect((await findBuild(naru.store.db, 'shop', 3))?.status).toBe('running'),
    )

    await naru.naru.deploy(place, { build: 2 }, 'bob')

    await until(async () => expect(await naru.stable()).toBe(1))
    finish()
    await built(naru, 3)
    expect(await requireRelease(naru.store.db, place, 1)).toMatchObject({
      build: 2,
      commit: 'two',
      reason: 'deploy',
      by: 'bob',
      promotedFrom: null,
    })
  })
})

describe('a deployment of what was built before', () => {
  it('is a newer wish than a push that is still being built, which is told so', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    naru.build.run = forever
    await naru.push('two')

    await naru.naru.deploy(place, { build: 1 }, 'bob')

    const facts = { build: 2, wish: 'deploy', release: 2, by: 'bob' }
    expect(await findBuild(naru.store.db, 'shop', 2)).toMatchObject({
      status: 'superseded',
      problem: { code: 'build.overtaken', facts },
    })
    await until(async () => expect(await naru.stable()).toBe(2))
  })

  it('supersedes a release that has not got the traffic yet', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    naru.spec.text = naru.spec.text.replace('healthy-for: 0s', 'healthy-for: 50s')
    naru.engine.healthyForMs = 0
    await naru.push('two')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('starting'),
    )
    naru.engine.healthyForMs = 60_000

    await naru.naru.deploy(place, { build: 1 }, 'bob')

    await until(async () => expect(await naru.stable()).toBe(3))
    expect((await naru.deployments())[1]?.rollout).toMatchObject({
      status: 'superseded',
      problem: { facts: { release: 2, by: 'v3' } },
    })
  })

  it('again tries what failed, with the settings of now', async () => {
    const naru = await rig()
    naru.engine.onEnsure = () => {
      throw Object.assign(new Error('no'), {})
    }
    await naru.push('one')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('starting'),
    )
    await naru.naru.abort(place, 1, 'ada')
    await until(async () => expect((await naru.deployments())[0]?.endedAt).not.toBeNull())
    naru.engine.onEnsure = () => {}
    await naru.naru.changeSettings(place, { set: { A: '1' }, unset: [], deploy: false }, 'ada')

    await naru.naru.deploy(place, { again: true }, 'ada')

    await until(async () => expect(await naru.stable()).toBe(2))
    expect(await requireRelease(naru.store.db, place, 2)).toMatchObject({
      build: 1,
      settings: { A: '1' },
    })
  })

  it('of an artifact that is no longer kept is refused', async () => {
    const naru = await rig()
    for (let number = 1; number <= keptBuilds + 12; number += 1) {
      await naru.push(`commit${number}`)
      await until(async () => expect(await naru.stable()).toBe(number))
    }
    await naru.loops.collect()
    await expect(naru.naru.deploy(place, { build: 1 }, 'ada')).rejects.toMatchObject({
      code: 'build.gone',
    })
  })
})

describe('what is collected', () => {
  it('is not the artifact of a build that waits to be deployed', async () => {
    const naru = await manual()
    await naru.loops.collect()
    expect(await findArtifact(naru.store.db, 'shop', 'sha256-one')).toBeDefined()
    await naru.naru.deploy(place, { build: 1 }, 'ada')
    await until(async () => expect(await naru.stable()).toBe(1))
  })

  it('are old builds, deployments and releases, but none that serves, is needed or numbers the next', async () => {
    const naru = await rig()
    for (let number = 1; number <= 8; number += 1) {
      await naru.push(`commit${number}`)
      await until(async () => expect(await naru.stable()).toBe(number))
    }
    await naru.naru.rollback(place, 2, 'ada')
    await until(async () => expect(await naru.stable()).toBe(2))
    const needed = [await requireRelease(naru.store.db, place, 4)]

    const kept = { builds: 3, deployments: 2, releases: 2, jobRuns: 2 }
    await naru.store.write((db) => trimRecords(db, needed, kept))

    const numbers = (rows: { number: number }[]) => rows.map(({ number }) => number)
    expect(numbers(await listReleases(naru.store.db, place, 99))).toEqual([8, 7, 4, 2])
    expect(numbers(await listBuilds(naru.store.db, 'shop', 99))).toEqual([8, 7, 6])
    expect(numbers(await naru.deployments())).toEqual([8, 9])
    await naru.push('next')
    await until(async () => expect(await naru.stable()).toBe(9))
    expect((await naru.deployments()).at(-1)?.number).toBe(10)
  })
})
