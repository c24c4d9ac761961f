import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lossless, type Wish } from '../../bench/support/lossless/run.ts'
import { Naru } from '../support/naru.ts'

/**
 * `npm run bench:lossless` in short: the same visitors, strict as they are, and everything that is done to an app once or
 * twice. What counts as lost, says `bench/support/lossless/judge.ts`.
 */
const wish: Omit<Wish, 'app'> = {
  kind: { strategy: 'blue-green', replicas: 1, endSeconds: 0, graceSeconds: 2 },
  requests: 0,
  perSecond: 200,
  slowMs: 1000,
  uploadBytes: 2 * 1024 * 1024,
  deployments: 2,
  rollbacks: 1,
  aborts: 1,
  kills: 1,
  handOvers: 1,
  seed: 7,
  calmSeconds: 0,
}

describe('nothing is lost', () => {
  let naru: Naru
  const said: string[] = []

  beforeAll(async () => {
    naru = await Naru.started()
  })
  afterAll(() => naru.close())

  const outcomeOf = (app: string, more: Partial<Wish> = {}) =>
    lossless(naru, { ...wish, app, ...more }, (text) => said.push(text))

  it('by blue-green, with an app that exits at once when it is told to end', async () => {
    const { failures, summary, stories, skipped } = await outcomeOf('blue')
    expect(failures, stories.join('\n')).toEqual([])
    expect(skipped).toBe(0)
    expect(summary.requests).toBeGreaterThan(500)
  })

  it('by rolling, with an app that goes on when it is told to end', async () => {
    const { failures, summary, streams, stories } = await outcomeOf('rolling', {
      kind: { strategy: 'rolling', replicas: 2, endSeconds: 1, graceSeconds: 2 },
      ...{ deployments: 1, rollbacks: 0, aborts: 0, kills: 1, handOvers: 0 },
    })
    expect(failures, stories.join('\n')).toEqual([])
    expect(summary.requests).toBeGreaterThan(500)
    expect(streams).toBeGreaterThan(0)
  })

  it('by recreate but what it gives up, which the router says in words', async () => {
    const { failures, down, stories } = await outcomeOf('recreate', {
      kind: { strategy: 'recreate', replicas: 1, endSeconds: 0, graceSeconds: 2 },
      ...{ deployments: 1, rollbacks: 0, aborts: 0, kills: 0, handOvers: 0 },
    })
    expect(failures, stories.join('\n')).toEqual([])
    expect(down).toBeGreaterThan(0)
  })

  it('is seen where an instance is killed with something in hand', async () => {
    const killed = outcomeOf('killed', {
      ...{ deployments: 1, rollbacks: 0, aborts: 0, kills: 0, handOvers: 0, calmSeconds: 2 },
      during: async () => {
        const { instances } = await naru.status('killed')
        process.kill(-(instances[0]?.pid ?? 0), 'SIGKILL')
      },
    })
    const lost = (await killed).failures.map(({ lane, what }) => `${lane}: ${what}`).join('\n')
    expect(lost).toMatch(/slow: status 50[23]/)
    expect(lost).toContain('events: a stream ended, and its instance was never told to end')
    expect(lost).toContain('socket: a stream ended, and its instance was never told to end')
  })
})
