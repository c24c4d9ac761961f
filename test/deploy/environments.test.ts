import { setTimeout as timePasses } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { findBuild, listBuilds } from '../../src/store/builds.ts'
import { findEnvironment } from '../../src/store/environments.ts'
import { requireRelease } from '../../src/store/releases.ts'
import { beginRemoval, listRemovals } from '../../src/store/removals.ts'
import { oneService, place, type Rig, rig, until } from './rig.ts'

const staging = { app: 'shop', environment: 'staging' }
const plain = { branch: null, from: null }

const codeOf = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'rejected' ? { code: result.reason.code, facts: result.reason.facts } : 'fine'

const stableOf = async (naru: Rig, of: typeof staging) =>
  (await findEnvironment(naru.store.db, of))?.stable ?? null

const forever = (_: unknown, signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(new Error('ended'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })

describe('a host', () => {
  it('claimed by two pushes at the same time is one of them, and the other is refused', async () => {
    const naru = await rig({ builders: 2 })
    naru.build.run = forever
    await naru.naru.createApp('blog', 'ada')
    await naru.naru.createApp('wiki', 'ada')
    naru.spec.text = `${oneService}routes:\n  - { host: www.example.com, service: web }\n`

    const results = await Promise.allSettled(
      ['blog', 'wiki', 'shop'].map((app) =>
        naru.naru.push({ app, environment: 'production' }, { commit: 'one', by: 'ada' }),
      ),
    )

    expect(results.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ])
    for (const refused of results.filter(({ status }) => status === 'rejected'))
      expect(codeOf(refused)).toMatchObject({ code: 'host.taken' })
  })

  it('is free again when the build that claimed it has failed', async () => {
    const naru = await rig()
    await naru.naru.createEnvironment('shop', { environment: 'staging', ...plain }, 'ada')
    naru.spec.text = `${oneService}routes:\n  - { host: www.example.com, service: web }\n`
    naru.build.run = async () => {
      throw new Error('broken')
    }
    await naru.push('one')
    await until(async () =>
      expect((await findBuild(naru.store.db, 'shop', 1))?.status).toBe('failed'),
    )

    await naru.naru.push(staging, { commit: 'one', by: 'ada' })
  })

  it('that an environment or an app gets by its name is refused where it is taken or too long', async () => {
    const naru = await rig()
    await naru.naru.createApp('shop-b', 'ada')
    const tried = await Promise.allSettled([
      naru.naru.createEnvironment('shop', { environment: 'b', ...plain }, 'ada'),
      naru.naru.createEnvironment('shop', { environment: 'Not-a-name', ...plain }, 'ada'),
      naru.naru.createEnvironment('shop', { environment: 'production', ...plain }, 'ada'),
      naru.naru.createEnvironment('shop', { environment: 'c', branch: '--all', from: null }, 'ada'),
      naru.naru.createEnvironment('shop', { environment: 'd', branch: null, from: 'x' }, 'ada'),
      naru.naru.createEnvironment('shop', { environment: 'e', branch: 'main', from: null }, 'ada'),
    ])
    expect(tried.map((one) => (codeOf(one) as { code: string }).code)).toEqual([
      'host.taken',
      'name.invalid',
      'environment.exists',
      'name.invalid',
      'environment.unknown',
      'branch.taken',
    ])
    await naru.naru.createEnvironment('shop', { environment: 'f', ...plain }, 'ada')
    await expect(naru.naru.createApp('shop-f', 'ada')).rejects.toMatchObject({ code: 'host.taken' })
    const [app, environment] = ['a'.repeat(40), 'b'.repeat(40)]
    await naru.naru.createApp(app, 'ada')
    await expect(
      naru.naru.createEnvironment(app, { environment, ...plain }, 'ada'),
    ).rejects.toMatchObject({ code: 'host.too-long', facts: { limit: 63 } })
    expect(await findEnvironment(naru.store.db, { app, environment })).toBeUndefined()
  })
})

describe('an environment that is destroyed', () => {
  it('ends what is built, what is deployed and what runs there, and nothing elsewhere', async () => {
    const naru = await rig()
    const dropped: string[] = []
    naru.parts.source.dropRef = async (_, branch) => void dropped.push(branch)
    await naru.naru.createEnvironment('shop', { environment: 'staging', ...plain }, 'ada')
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.naru.push(staging, { commit: 'one', by: 'ada' })
    await until(async () => expect(await stableOf(naru, staging)).toBe(1))
    naru.build.run = forever
    await naru.naru.push(staging, { commit: 'two', by: 'ada' })
    await until(async () =>
      expect((await findBuild(naru.store.db, 'shop', 3))?.status).toBe('running'),
    )

    await naru.naru.destroyEnvironment(staging, 'bob')

    expect(await findEnvironment(naru.store.db, staging)).toBeUndefined()
    expect((await listBuilds(naru.store.db, 'shop', 9))[0]).toMatchObject({
      number: 3,
      status: 'cancelled',
      problem: { code: 'build.cancelled', facts: { build: 3, by: 'bob' } },
    })
    const left = [...naru.engine.instances.values()].map(({ set }) => set.environment)
    expect(left).toEqual(['production'])
    expect(naru.router.table.routes.map(({ host }) => host)).toEqual(['shop.localhost'])
    expect(await naru.stable()).toBe(1)
    expect(dropped).toEqual(['staging', 'staging'])
    expect(naru.engine.forgotten).toEqual([staging])
    const pushed = naru.naru.push(staging, { commit: 'two', by: 'ada' })
    await expect(pushed).rejects.toMatchObject({ code: 'environment.unknown' })
  })

  it('must not be production', async () => {
    const naru = await rig()
    await expect(naru.naru.destroyEnvironment(place, 'bob')).rejects.toMatchObject({
      code: 'environment.production',
    })
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
  })
})

describe('a push while its app is destroyed', () => {
  it('is told that there is no such app, however far it has come', async () => {
    const naru = await rig()
    let reached = (): void => {}
    const reading = new Promise<void>((resolve) => {
      reached = resolve
    })
    naru.parts.source.keep = async () => {
      reached()
      await timePasses(300)
    }
    const push = naru.naru.receive('shop', {
      commit: 'one',
      ref: 'refs/heads/main',
      by: 'ada',
    })
    const refused = expect(push).rejects.toMatchObject({ code: 'app.unknown' })
    await reading
    await naru.naru.destroyApp('shop', 'ada')
    await refused
  })
})

describe('a removal that a crash interrupted', () => {
  it('goes on at the next start', async () => {
    const naru = await rig()
    const removed: string[] = []
    naru.parts.source.remove = async (app) => void removed.push(`repository of ${app}`)
    naru.parts.forgetBuilds = async (app) => void removed.push(`builds of ${app}`)
    await naru.store.write((db) => beginRemoval(db, { app: 'gone' }))
    await naru.store.write((db) => beginRemoval(db, staging))

    await naru.restart()

    expect(removed).toEqual(['builds of gone', 'repository of gone'])
    expect(naru.engine.forgotten).toEqual([{ app: 'gone' }, staging])
    expect(await listRemovals(naru.store.db)).toEqual([])
  })

  it('goes on before an app takes the name, and never harms one that has it', async () => {
    const naru = await rig()
    const did: string[] = []
    naru.parts.source.remove = async (app) => void did.push(`removed ${app}`)
    naru.parts.source.ensure = async (app) => void did.push(`made ${app}`)
    for (const app of ['gone', 'shop']) await naru.store.write((db) => beginRemoval(db, { app }))

    await naru.naru.createApp('gone', 'ada')

    expect(did).toEqual(['removed gone', 'made gone'])
    expect(naru.engine.forgotten).toEqual([{ app: 'gone' }])
  })
})

describe('the branch of an environment', () => {
  it('names what is stable there; what was not pushed to it takes it away', async () => {
    const naru = await rig()
    const refs: string[] = []
    naru.parts.source.moveRef = async (_, branch, commit) => void refs.push(`${branch}=${commit}`)
    naru.parts.source.dropRef = async (_, branch) => void refs.push(`${branch} is gone`)
    await naru.naru.createEnvironment(
      'shop',
      { environment: 'staging', branch: 'develop', from: null },
      'ada',
    )
    refs.splice(0)
    const there = (number: number) =>
      until(async () => expect(await stableOf(naru, staging)).toBe(number))

    await naru.naru.push(staging, { commit: 'one', by: 'ada' })
    await there(1)
    await naru.naru.deploy(place, { promote: 'staging' }, 'ada')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.naru.push(staging, { commit: 'two', by: 'ada', source: 'archive' })
    await there(2)
    naru.spec.text = `${oneService}environments:\n  staging: { branch: next }\n`
    await naru.naru.push(staging, { commit: 'three', by: 'ada' })
    await there(3)

    await until(() =>
      expect(refs).toEqual(['develop=one', 'main is gone', 'develop is gone', 'next=three']),
    )
    expect(await requireRelease(naru.store.db, place, 1)).toMatchObject({
      reason: 'promotion',
      promotedFrom: { environment: 'staging', release: 1 },
    })
  })
})

describe('an environment that is gone', () => {
  it('is looked at no more, and again when there is one of that name', async () => {
    const { clock, waiting, made } = countedClock()
    const naru = await rig({ clock })
    await naru.naru.createEnvironment('shop', { environment: 'staging', ...plain }, 'ada')
    const resting = () => waiting(10_000) - 1 // The clock is saved as often as an environment at rest is looked at.
    await until(() => expect(resting()).toBe(1))
    naru.loops.wake(staging)
    await until(() => expect(resting()).toBe(2))

    await naru.naru.destroyEnvironment(staging, 'ada')
    await until(() => expect(resting()).toBe(1))
    naru.loops.wake(staging) // As what ends late does, a build for instance.
    for (let look = 0; look < 5; look += 1) {
      const before = made()
      naru.loops.wake(place)
      await until(() => expect(made()).toBeGreaterThan(before))
    }
    expect(resting()).toBe(1)
    await naru.naru.createEnvironment('shop', { environment: 'staging', ...plain }, 'ada')
    await naru.naru.push(staging, { commit: 'two', by: 'ada' })

    await until(async () => expect(await stableOf(naru, staging)).toBe(1))
    expect(naru.errors).toEqual([])
  })
})

/** A clock that knows how many of its timers of so many milliseconds wait, and how many timers it was asked for. */
function countedClock(): { clock: Clock; waiting(ofMs: number): number; made(): number } {
  const real = systemClock()
  const timers = new Set<{ ms: number }>()
  let made = 0
  return {
    waiting: (ofMs) => [...timers].filter(({ ms }) => ms === ofMs).length,
    made: () => made,
    clock: {
      ...real,
      after(ms, callback) {
        made += 1
        const timer = { ms }
        timers.add(timer)
        const cancel = real.after(ms, () => {
          timers.delete(timer)
          callback()
        })
        return () => {
          timers.delete(timer)
          cancel()
        }
      },
    },
  }
}
