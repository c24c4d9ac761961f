import { describe, expect, it } from 'vitest'
import { steady } from '../../src/rollout/steady.ts'
import type { SideView } from '../../src/rollout/view.ts'
import { look } from '../../src/rollout/watch.ts'
import { plan, service } from './world.ts'

const v1 = plan(1, service('web'), service('worker'))
const v2 = plan(2, service('web', { replicas: 2 }), service('worker'))

describe('an environment at rest', () => {
  it('runs all of the stable release and what has a route of the warm one', () => {
    const { keep, warmOver } = steady(v2, { plan: v1, untilServed: 1000 }, 999)

    expect(keep).toEqual([
      { release: 2, service: 'web', count: 2 },
      { release: 2, service: 'worker', count: 1 },
      { release: 1, service: 'web', count: 1 },
    ])
    expect(warmOver).toBe(false)
  })

  it('lets the warm release go when its time is over', () => {
    const { keep, warmOver } = steady(v2, { plan: v1, untilServed: 1000 }, 1000)

    expect(keep.every(({ release }) => release === 2)).toBe(true)
    expect(warmOver).toBe(true)
  })

  it('runs nothing before the first release', () => {
    expect(steady(null, null, 0)).toEqual({ keep: [], warmOver: false })
  })
})

describe('a stable release whose predecessor is warm', () => {
  const web = (healthy: boolean, restarts = 0): SideView => ({
    web: [
      {
        healthy,
        down: !healthy,
        awaited: false,
        healthyForMs: 0,
        restarts,
        exit: '',
        reason: '',
        port: 0,
        listening: [],
      },
    ],
  })

  it('is dead after ten seconds without a healthy instance, and not before', () => {
    const first = look(look(null, v1, web(true), 0).watch, v1, web(false), 0)
    expect(first.dead).toBe(false)
    expect(look(first.watch, v1, web(false), 9999).dead).toBe(false)
    expect(look(first.watch, v1, web(false), 10_000).dead).toBe(true)
  })

  it('that comes up, as after a start of the machine, has the time it may take to start', () => {
    const first = look(null, v1, web(false), 0)
    expect(look(first.watch, v1, web(false), 59_999).dead).toBe(false)
    expect(look(first.watch, v1, web(false), 60_000).dead).toBe(true)
  })

  it('lives on when it answers again in time', () => {
    const down = look(null, v1, web(false), 0).watch
    const up = look(down, v1, web(true), 5000).watch

    expect(look(up, v1, web(false), 12_000).dead).toBe(false)
  })

  it('is dead when its restarts are used up, counted from when it became stable', () => {
    const before = look(null, v1, web(true, 7), 0).watch

    expect(look(before, v1, web(true, 10), 1000).dead).toBe(false)
    expect(look(before, v1, web(true, 11), 1000).dead).toBe(true)
  })

  it('does not die of its worker', () => {
    expect(look(null, plan(1, service('worker')), {}, 0).watch.unservedSince).toBeNull()
  })
})
