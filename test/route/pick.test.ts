import { describe, expect, it } from 'vitest'
import { pick } from '../../src/route/builtin/plane/pick.ts'
import { Upstream } from '../../src/route/builtin/plane/upstream.ts'

const instance = (id: string) => new Upstream({ id, host: '127.0.0.1', port: 4000 })
const backend = (upstreams: Upstream[], release = 1, weight = 1) => ({ release, weight, upstreams })
const first = () => 0
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
})
