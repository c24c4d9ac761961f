import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { listBuilds } from '../../src/store/builds.ts'
import { requireRelease } from '../../src/store/releases.ts'
import { place, type Rig, rig, until } from './rig.ts'

/** v1 and v2 were pushed; v2 is stable, v1 is warm. */
async function twoReleases(): Promise<Rig> {
  const naru = await rig()
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  await naru.push('two')
  await until(async () => expect(await naru.stable()).toBe(2))
  return naru
}

const forever = (_: unknown, signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('ended')))
  })

/** A build that ends when the test says so. */
function heldBuild(naru: Rig): () => void {
  const now = naru.build.run
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  naru.build.run = async (job, signal) => {
    await Promise.race([held, forever(job, signal)])
    return now(job, signal)
  }
  return release
}

describe('a rollback to the warm release', () => {
  it('does not tell that something starts, since it runs already', async () => {
    const naru = await twoReleases()
    const before = (await naru.events()).length

    await naru.naru.rollback(place, undefined, 'ada')
    await until(async () => expect(await naru.stable()).toBe(1))

    const kinds = (await naru.events()).slice(before).map(({ kind }) => kind)
    expect(kinds).toContain('deployment.healthy')
    expect(kinds).not.toContain('deployment.starting')
  })
})

describe('a rollback while something older is being built', () => {
  it('is not lost to the build', async () => {
    const naru = await twoReleases()
    naru.build.run = forever
    await naru.push('three')

    await naru.naru.rollback(place, undefined, 'ada')

    await until(async () => expect(await naru.stable()).toBe(1))
  })

  it('is what ends up stable: the older push is given up, and told why', async () => {
    const naru = await twoReleases()
    const finish = heldBuild(naru)
    await naru.push('three')
    await until(async () =>
      expect((await listBuilds(naru.store.db, 'shop', 1))[0]?.status).toBe('running'),
    )
    await naru.naru.rollback(place, undefined, 'ada')
    finish()

    const facts = { build: 3, wish: 'rollback', release: 1, by: 'ada' }
    expect((await listBuilds(naru.store.db, 'shop', 1))[0]).toMatchObject({
      status: 'superseded',
      problem: { code: 'build.overtaken', facts },
      deployment: null,
    })
    await until(async () => expect(await naru.stable()).toBe(1))
    expect((await naru.deployments()).map(({ release }) => release)).toEqual([1, 2, 1])
  })

  it('asked for twice is done once', async () => {
    const naru = await twoReleases()
    const [one, other] = await Promise.all([
      naru.naru.rollback(place, undefined, 'ada'),
      naru.naru.rollback(place, undefined, 'bob'),
    ])

    expect(other.number).toBe(one.number)
    await until(async () => expect(await naru.stable()).toBe(1))
  })

  it('by Naru itself is asked for once, however long the build takes, and the build goes on', async () => {
    const naru = await twoReleases()
    const finish = heldBuild(naru)
    await naru.push('three')
    naru.engine.set(2, { restarts: 9 })

    await until(async () => expect(await naru.stable()).toBe(1))
    expect(await naru.deployments()).toHaveLength(3)
    finish()
    await until(async () => expect(await naru.stable()).toBe(3))
  })
})

describe('a rollback while a newer push waits', () => {
  it('takes back what is live and what waits behind it', async () => {
    const naru = await twoReleases()
    naru.spec.text = naru.spec.text.replace('settle: 0s', 'settle: 60s')
    await naru.push('three')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('baking'),
    )
    await naru.push('four')
    await until(async () => expect((await naru.deployments()).at(-1)?.release).toBe(4))

    await naru.naru.rollback(place, undefined, 'ada')

    await until(async () =>
      expect((await naru.deployments()).slice(2).map(({ rollout }) => rollout.status)).toEqual([
        'rolled_back',
        'cancelled',
      ]),
    )
    expect(await naru.stable()).toBe(2)
  })
})

describe('a rollback of what is live and not stable yet', () => {
  it('gives up a newer push that is still being built, which would undo it', async () => {
    const naru = await twoReleases()
    naru.spec.text = naru.spec.text.replace('settle: 0s', 'settle: 60s')
    await naru.push('three')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('baking'),
    )
    naru.build.run = forever
    await naru.push('four')
    await until(async () =>
      expect((await listBuilds(naru.store.db, 'shop', 1))[0]?.status).toBe('running'),
    )

    await naru.naru.rollback(place, undefined, 'bob')

    const facts = { build: 4, wish: 'rollback', release: 2, by: 'bob' }
    expect((await listBuilds(naru.store.db, 'shop', 1))[0]).toMatchObject({
      status: 'superseded',
      problem: { code: 'build.overtaken', facts },
    })
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('rolled_back'),
    )
    expect(await naru.stable()).toBe(2)
  })

  it('where there is nothing to go back to leaves the newer push: it may be the cure', async () => {
    const naru = await rig()
    naru.spec.text = naru.spec.text.replace('settle: 0s', 'settle: 60s')
    await naru.push('one')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('baking'),
    )
    const finish = heldBuild(naru)
    naru.spec.text = naru.spec.text.replace('settle: 60s', 'settle: 0s')
    await naru.push('two')

    await naru.naru.rollback(place, undefined, 'bob')
    finish()

    await until(async () => expect(await naru.stable()).toBe(2))
  })
})

describe('a changed setting while a push is being deployed', () => {
  it('keeps the code of the push', async () => {
    const naru = await twoReleases()
    naru.spec.text = naru.spec.text.replace('settle: 0s', 'settle: 1s')
    await naru.push('three')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('baking'),
    )

    const change = { set: { COLOUR: 'red' }, unset: [], deploy: true }
    await naru.naru.changeSettings(place, change, 'ada')

    await until(async () => expect(await naru.stable()).toBe(4))
    const release = await requireRelease(naru.store.db, place, 4)
    expect(release).toMatchObject({ commit: 'three', settings: { COLOUR: 'red' } })
  })

  it('reaches the first release of an app as well', async () => {
    const naru = await rig()
    naru.spec.text = naru.spec.text.replace('settle: 0s', 'settle: 1s')
    await naru.push('one')
    await until(async () =>
      expect((await naru.deployments()).at(-1)?.rollout.status).toBe('baking'),
    )

    const change = { set: { KEY: new Secret('s') }, unset: [], deploy: true }
    await naru.naru.changeSecrets(place, change, 'ada')

    await until(async () => expect(await naru.stable()).toBe(2))
  })
})
