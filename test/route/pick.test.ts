import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { pick as pickOf } from '../../src/route/builtin/plane/pick.ts'
import { Upstream } from '../../src/route/builtin/plane/upstream.ts'

const instance = (id: string) => new Upstream({ id, host: '127.0.0.1', port: 4000 })
const backend = (upstreams: Upstream[], release = 1, weight = 1) => ({ release, weight, upstreams })
const first = () => 0
/** Of instances with room, as nearly all tests have it. */
const pick = (
  backends: Parameters<typeof pickOf>[0],
  tried: ReadonlySet<Upstream>,
  nowMs: number,
  random?: () => number,
) => {
  const choice = pickOf(backends, tried, nowMs, 0, random)
  if (choice === 'full') throw new Error('nothing is full without a limit')
  return choice
}
const none: ReadonlySet<Upstream> = new Set()

describe('the instance for a request', () => {
  it('is the one with the least in flight', () => {
    const [a, b, c] = [instance('a'), instance('b'), instance('c')]
    a.inFlight = 2
    b.inFlight = 1
    c.inFlight = 3
    for (const random of [0, 0.4, 0.9])
      expect(pick([backend([a, b, c])], none, 0, () => random)?.upstream).toBe(b)
  })

  it('is not one that could not be reached a moment ago, unless there is no other', () => {
    const [ill, well] = [instance('ill'), instance('well')]
    ill.eject(1_000)
    well.inFlight = 100
    const backends = [backend([ill, well])]
    expect(pick(backends, none, 1_001, first)?.upstream).toBe(well)
    expect(pick(backends, new Set([well]), 1_001, first)?.upstream).toBe(ill)
    expect(pick([backend([ill])], none, 1_001, first)?.upstream).toBe(ill)
    expect(pick(backends, none, 10_000, first)?.upstream).toBe(ill)
    ill.eject(20_000)
    ill.reached()
    expect(pick(backends, none, 20_001, first)?.upstream).toBe(ill)
  })

  it('is one of another release when all of the chosen one cannot be reached', () => {
    const [canary, stable] = [instance('canary'), instance('stable')]
    canary.eject(0)
    const choice = pick([backend([canary], 2), backend([stable], 1)], none, 1, first)
    expect(choice).toEqual({ release: 1, upstream: stable })
  })

  it('is none when every one was tried, or has no weight', () => {
    const a = instance('a')
    expect(pick([backend([a])], new Set([a]), 0)).toBeNull()
    expect(pick([backend([a], 1, 0)], none, 0)).toBeNull()
    expect(pick([], none, 0)).toBeNull()
  })

  it('follows the weights of the releases', () => {
    const [a, b] = [instance('a'), instance('b')]
    const backends = [backend([a], 1, 9), backend([b], 2, 1)]
    expect(pick(backends, none, 0, () => 0.89)?.release).toBe(1)
    expect(pick(backends, none, 0, () => 0.91)?.release).toBe(2)
  })

  it('has room, or there is none: one with an upgraded connection has as much as before', () => {
    const [a, b] = [instance('a'), instance('b')]
    const backends = [backend([a, b])]
    a.inFlight = 2
    b.inFlight = 1
    expect(pickOf(backends, none, 0, 2, first)).toMatchObject({ upstream: b })
    b.inFlight = 2
    expect(pickOf(backends, none, 0, 2, first)).toBe('full')
    expect(pickOf(backends, none, 0, 0, first)).toMatchObject({ upstream: a })
    a.hold(new PassThrough())
    expect(pickOf(backends, none, 0, 2, first)).toMatchObject({ upstream: a })
  })

  it('is waited for where those that can be reached have no room, ill ones left alone', () => {
    const [well, ill] = [instance('well'), instance('ill')]
    const backends = [backend([well, ill])]
    well.inFlight = 1
    ill.eject(0)
    expect(pickOf(backends, none, 1, 1, first)).toBe('full')
    expect(pickOf(backends, new Set([well]), 1, 1, first)).toMatchObject({ upstream: ill })
    expect(pickOf(backends, new Set([well, ill]), 1, 1, first)).toBeNull()
  })

  it('is of the release that has room, whatever the weights', () => {
    const [a, b] = [instance('a'), instance('b')]
    a.inFlight = 1
    const backends = [backend([a], 1, 9), backend([b], 2, 1)]
    expect(pickOf(backends, none, 0, 1, first)).toEqual({ release: 2, upstream: b })
  })
})
