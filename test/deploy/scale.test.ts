import { describe, expect, it } from 'vitest'
import { replicasOf, surplus } from '../../src/deploy/scale.ts'
import type { Instance } from '../../src/model/instance.ts'
import { defaultService } from '../../src/model/spec.ts'
import { place, type Rig, rig, until } from './rig.ts'

const service = (replicas: number) => ({ ...defaultService, command: 'node x.js', replicas })

const instance = (
  id: string,
  second: number,
  health: Instance['health'] = 'healthy',
): Instance => ({
  id,
  set: { ...place, service: 'web', release: 1 },
  address: { host: '127.0.0.1', port: 20_000 },
  health,
  healthyForMs: 1,
  restarts: 0,
  lastExit: null,
  reason: null,
  listening: [],
  startedAt: `2026-01-01T00:00:0${second}.000Z`,
  pid: 1,
})

describe('how many instances a service has', () => {
  it('is what was asked for, else what the release says', () => {
    const release = { services: { web: service(1), worker: service(2), constructor: service(4) } }
    expect(replicasOf(release, { web: 3, other: 9 })).toEqual({ web: 3, worker: 2, constructor: 4 })
    expect(replicasOf(release, { worker: 0 })).toEqual({ web: 1, worker: 0, constructor: 4 })
  })

  it('leaves over those that do not serve, then the newest', () => {
    const all = [
      instance('old', 1),
      instance('new', 3),
      instance('middle', 2),
      instance('ill', 0, 'unhealthy'),
      instance('ending', 4, 'stopping'),
    ]
    const over = (wanted: number) => surplus(all, wanted).map(({ id }) => id)
    expect(over(4)).toEqual([])
    expect(over(3)).toEqual(['ill'])
    expect(over(1)).toEqual(['ill', 'new', 'middle'])
    expect(over(0)).toEqual(['ill', 'new', 'middle', 'old'])
  })
})

const count = ({ engine }: Rig, release: number): number =>
  [...engine.instances.values()].filter(({ set }) => set.release === release).length

describe('naru scale', () => {
  it('drains and ends the newest, and never more than are too many', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    const [first] = [...naru.engine.instances.keys()]
    const drained: string[] = []
    naru.router.onDrain = (id) => void drained.push(id)
    const to = (web: number) =>
      naru.naru.changeScale(place, { set: { web }, unset: [], confirmed: false }, 'ada')

    await to(5)
    await until(() => expect(count(naru, 1)).toBe(5))
    await to(2)
    await until(() => expect(count(naru, 1)).toBe(2))

    expect(drained).toHaveLength(3)
    expect(drained).not.toContain(first)
    expect((await naru.events()).filter(({ kind }) => kind === 'scale.changed')).toMatchObject([
      { data: { services: { web: 5 }, by: 'ada' } },
      { data: { services: { web: 2 }, by: 'ada' } },
    ])
  })

  it('to nothing is no failure of the release, and a new release goes live without it', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    const to = (web: number, confirmed: boolean) =>
      naru.naru.changeScale(place, { set: { web }, unset: [], confirmed }, 'ada')
    await expect(to(0, false)).rejects.toMatchObject({ code: 'scale.zero' })

    await to(0, true)
    await until(() => expect(count(naru, 1)).toBe(0))
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    expect(count(naru, 2)).toBe(0)
    await to(1, false)
    await until(() => expect(count(naru, 2)).toBe(1))
    expect(await naru.stable()).toBe(2)
  })

  it('holds for what comes after a restart and after a rollback', async () => {
    const naru = await rig()
    await naru.push('one')
    await until(async () => expect(await naru.stable()).toBe(1))
    await naru.naru.changeScale(place, { set: { web: 3 }, unset: [], confirmed: false }, 'ada')
    await naru.push('two')
    await until(async () => expect(await naru.stable()).toBe(2))
    await until(() => expect(count(naru, 2)).toBe(3))
    naru.engine.instances.clear()

    await naru.restart()
    await until(() => expect(count(naru, 2)).toBe(3))
    await naru.naru.rollback(place, undefined, 'ada')
    await until(async () => expect(await naru.stable()).toBe(1))
    await until(() => expect(count(naru, 1)).toBe(3))
  })
})
