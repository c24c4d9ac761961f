import { describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { endWarm, findEnvironment } from '../../src/store/environments.ts'
import { listJobRuns } from '../../src/store/jobs.ts'
import { cancelled, oneService, place, type Rig, rig, succeeded, until } from './rig.ts'

const newest = async (naru: Rig) => (await naru.deployments()).at(-1)
const newestStatus = async (naru: Rig) => (await newest(naru))?.rollout.status

const three = oneService.replace('    settle: 0s\n', '    settle: 0s\n    replicas: 3\n')

/** v1 serves; from now on what is pushed is deployed that way. */
async function first(strategy: string, text = three): Promise<Rig> {
  const naru = await rig()
  naru.spec.text = text
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  naru.spec.text = `${text}strategy: ${strategy}\n`
  return naru
}

const releasesOf = (naru: Rig) => [...naru.engine.instances.values()].map(({ set }) => set.release)

const story = async (naru: Rig) => (await naru.events()).map(({ kind, data }) => ({ kind, data }))

describe('rolling', () => {
  it('takes each old instance out of rotation and drains it before it ends, oldest first', async () => {
    const naru = await first('rolling')
    const old = [...naru.engine.instances.keys()]
    const drained: { id: string; routed: string[] }[] = []
    naru.router.onDrain = (id) => {
      const routed = naru.router.table.routes[0]?.backends ?? []
      drained.push({ id, routed: routed.flatMap((b) => b.instances.map((one) => one.id)) })
      expect(naru.engine.stopped).not.toContain(id)
    }

    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))

    expect(drained.map(({ id }) => id)).toEqual(old)
    for (const { id, routed } of drained) {
      expect(routed).not.toContain(id)
      expect(routed.length).toBeGreaterThanOrEqual(3)
    }
    expect(releasesOf(naru)).toEqual([2, 2, 2])
  })

  it('sends the new instances their share, and none to one that may not get traffic yet', async () => {
    const naru = await first('rolling', three.replace('healthy-for: 0s', 'healthy-for: 1s'))
    const tables: { weights: number[]; coming: number }[] = []
    naru.router.onApply = ({ routes }) => {
      const backends = routes[0]?.backends ?? []
      const there = releasesOf(naru).filter((release) => release === 2).length
      const ofTwo = backends.find(({ release }) => release === 2)?.instances.length ?? 0
      tables.push({ weights: backends.map(({ weight }) => weight), coming: there - ofTwo })
    }
    naru.engine.healthyForMs = 0
    await naru.push('two')
    await until(() => expect(releasesOf(naru)).toContain(2))
    await naru.loops.traffic.refresh()
    await until(() => expect(tables.at(-1)).toEqual({ weights: [1], coming: 1 }))
    naru.engine.set(2, { healthyForMs: 60_000 })
    await until(() => expect(releasesOf(naru).filter((release) => release === 2)).toHaveLength(2))
    await naru.loops.traffic.refresh()
    await until(() => expect(tables.at(-1)).toEqual({ weights: [2, 1], coming: 1 }))

    expect(tables).toContainEqual({ weights: [3, 1], coming: 0 })
  })

  it('keeps no warm release, and a rollback rolls the old one back in', async () => {
    const naru = await first('rolling')
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    expect((await findEnvironment(naru.store.db, place))?.warm).toBeNull()
    const stopped = naru.engine.stopped.length

    await naru.naru.rollback(place, undefined, 'ada')
    await until(async () => expect(await naru.stable()).toBe(1))

    expect(naru.engine.stopped.length).toBe(stopped + 3)
    expect((await findEnvironment(naru.store.db, place))?.warm).toBeNull()
  })

  it('tells what it gives up, and each instance', async () => {
    const naru = await first('rolling')
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))

    const told = await story(naru)
    expect(told).toContainEqual({
      kind: 'deployment.strategy',
      data: { deployment: 2, release: 2, from: 1, strategy: 'rolling' },
    })
    const rolled = told.filter(({ kind }) => kind === 'deployment.rolled')
    expect(rolled.map(({ data }) => data)).toEqual(
      [1, 2, 3].map((instances) => ({
        deployment: 2,
        release: 2,
        service: 'web',
        instances,
        replicas: 3,
      })),
    )
  })
})

describe('recreate', () => {
  it('ends what a release before has left warm as well', async () => {
    const naru = await first('blue-green')
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    naru.spec.text = `${three}strategy: recreate\n`
    let beside: number[] = []
    naru.engine.onEnsure = ({ set }) => {
      if (set.release === 3) beside = [...beside, ...releasesOf(naru).filter((one) => one !== 3)]
    }

    await naru.push('three')
    await until(async () => expect(await naru.stable()).toBe(3))

    expect(beside).toEqual([])
    expect(releasesOf(naru)).toEqual([3, 3, 3])
  })

  it('tells from when to when nothing answered', async () => {
    const naru = await first('recreate')
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))

    const kinds = (await story(naru)).map(({ kind }) => kind)
    const [silent, starting, answering] = [
      kinds.indexOf('deployment.silent'),
      kinds.lastIndexOf('deployment.starting'),
      kinds.indexOf('deployment.answering'),
    ]
    expect(silent).toBeGreaterThan(0)
    expect(starting).toBeGreaterThan(silent)
    expect(answering).toBeGreaterThan(starting)
  })
})

describe('a job before the rollout', () => {
  const withJob = `${oneService}jobs:
  migrate:
    command: npm run migrate
    when: before-rollout
`

  it('runs once for its release, and is told with the deployment', async () => {
    const naru = await first('blue-green', withJob)
    naru.engine.ran.length = 0
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    await naru.naru.rollback(place, undefined, 'ada')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.naru.rollback(place, 2, 'ada')
    await until(async () => expect(await naru.stable()).toBe(2))

    expect(naru.engine.ran).toEqual(['migrate@v2'])
    const told = (await story(naru)).filter(({ kind }) => kind === 'job.ended')
    expect(told.map(({ data }) => data)).toMatchObject([
      { release: 1, status: 'succeeded', deployment: 1 },
      { release: 2, status: 'succeeded', deployment: 2 },
    ])
  })

  it('that fails keeps the release from starting', async () => {
    const naru = await first('blue-green', withJob)
    naru.engine.onRun = async () => ({ ...succeeded, code: 3 })
    await naru.push('two')

    await until(async () => expect(await newestStatus(naru)).toBe('failed'))

    expect((await newest(naru))?.rollout.problem).toEqual({
      code: 'job.failed',
      facts: {
        environment: 'production',
        release: 2,
        job: 'migrate',
        run: 2,
        exitCode: 3,
        signal: null,
      },
    })
    expect(releasesOf(naru)).toEqual([1])
  })

  it('that runs when its deployment is aborted is ended first', async () => {
    const naru = await first('blue-green', withJob)
    let ended = false
    naru.engine.onRun = (_, cancel) =>
      new Promise((resolve) => {
        cancel?.addEventListener('abort', () =>
          setTimeout(() => {
            ended = true
            resolve(cancelled)
          }, 200),
        )
      })
    await naru.push('two')
    await until(() => expect(naru.engine.ran).toContain('migrate@v2'))

    await naru.naru.abort(place, 2, 'ada')
    await until(async () => expect(await newestStatus(naru)).toBe('cancelled'))

    expect(ended).toBe(true)
    expect((await listJobRuns(naru.store.db, place, 1))[0]?.status).toBe('cancelled')
  })

  it('goes on under the next server as the same run', async () => {
    const naru = await first('blue-green', withJob)
    let finish = (): void => {}
    naru.engine.onRun = () =>
      new Promise((resolve) => {
        finish = () => resolve(succeeded)
      })
    await naru.push('two')
    await until(() => expect(naru.engine.ran).toContain('migrate@v2'))

    await naru.restart()
    await until(() =>
      expect(naru.engine.ran.filter((one) => one === 'migrate@v2').length).toBeGreaterThan(1),
    )
    finish()

    await until(async () => expect(await naru.stable()).toBe(2))
    expect(await listJobRuns(naru.store.db, place, 10)).toHaveLength(2)
  })

  it('that had not ended when the server died is ended by the next one', async () => {
    const naru = await first('blue-green', withJob)
    // It does not end before the server does.
    naru.engine.onRun = () => new Promise(() => {})
    await naru.push('two')
    await until(() => expect(naru.engine.ran).toContain('migrate@v2'))
    await naru.naru.abort(place, 2, 'ada')

    await naru.restart()

    await until(async () => expect(await newestStatus(naru)).toBe('cancelled'))
    expect((await listJobRuns(naru.store.db, place, 1))[0]?.status).toBe('cancelled')
  })
})

describe('an abort of a deployment that is just becoming stable', () => {
  /** v2 becomes stable when the test lets it. */
  async function promoting(): Promise<{ naru: Rig; release: () => void }> {
    const naru = await first('blue-green', oneService)
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    naru.parts.source.moveRef = () => held
    await naru.push('two')
    await until(async () => expect(await newestStatus(naru)).toBe('promoting'))
    return { naru, release }
  }

  it('says that it has ended', async () => {
    const { naru, release } = await promoting()
    const aborted = naru.naru.abort(place, 2, 'ada').catch((error: unknown) => error)
    release()

    const error = await aborted
    expect(error).toBeInstanceOf(NaruError)
    expect(error).toMatchObject({ code: 'deployment.over', facts: { status: 'succeeded' } })
  })

  it('goes back from it where it was a rollback that was asked for', async () => {
    const { naru, release } = await promoting()
    const asked = naru.naru.rollback(place, undefined, 'ada')
    release()

    expect((await asked).rollout.kind).toBe('rollback')
    await until(async () => expect(await naru.stable()).toBe(1))
  })
})

describe('a push after a rollback that is blocked', () => {
  /** v2 is stable and dead; traffic is on v1, which does not get up either, but is the healthier. */
  async function blocked(): Promise<Rig> {
    // Long enough to be seen while it is watched.
    const naru = await first('blue-green', oneService.replace('settle: 0s', 'settle: 1500ms'))
    naru.spec.text = oneService
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    await naru.naru.rollback(place, undefined, 'ada')
    await until(async () => expect(await newestStatus(naru)).toBe('baking'))
    const at = new Date(Date.now() + 1000).toISOString()
    naru.engine.set(1, { health: 'down', lastExit: { code: 1, signal: null, at } })
    await until(async () => expect(await newestStatus(naru)).toBe('blocked'))
    naru.engine.set(2, { health: 'unhealthy' })
    naru.engine.set(1, { health: 'healthy' })
    await until(() => expect(naru.router.serving).toBe(1))
    return naru
  }
  it('never sends traffic to the stable release, which is dead, and comes back to what serves', async () => {
    const naru = await blocked()
    const served = new Set<number | undefined>()
    naru.router.onApply = ({ routes }) => {
      served.add(routes[0]?.backends[0]?.release)
    }
    naru.engine.onEnsure = ({ set }) => {
      if (set.release === 3)
        throw new NaruError('engine.start-failed', { instance: 'web-3', reason: 'no' })
    }
    await naru.store.write((db) => endWarm(db, place)) // Its warm time is not why it is kept.
    naru.engine.ensured.length = 0
    await naru.push('three')
    await until(async () => expect(await newestStatus(naru)).toBe('failed'))
    await until(() => expect(naru.engine.ensured.sort()).toEqual(['web@v1', 'web@v2']))
    await naru.loops.traffic.refresh()

    expect([...served]).toEqual([1])
    expect(await naru.naru.serving(place)).toBe(1)
    expect(releasesOf(naru)).toContain(1)
    expect(await naru.stable()).toBe(2)
    naru.engine.onEnsure = () => {}
    await naru.push('four')
    await until(async () => expect(await naru.stable()).toBe(4))
  })
})
