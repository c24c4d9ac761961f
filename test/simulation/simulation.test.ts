import { describe, expect, it } from 'vitest'
import type { Parts } from '../../src/deploy/parts.ts'
import { report, simulate } from './run.ts'

const seeds = Array.from({ length: 22 }, (_, index) => index + 1)
const stepsASeed = 5000
/** What a minute of fresh seeds found once. */
const found = [
  { seed: 15, steps: 5000, when: 'an instance of a destroyed app of the same name is still there' },
  { seed: 962376863, steps: 3000, when: 'an app is destroyed while its server starts' },
  { seed: 576356020, steps: 5000, when: 'a destruction fails half-way' },
  { seed: 1760658169, steps: 5000, when: 'recreate begins while an instance still ends' },
]

describe('weeks of pushes, failures and crashes', () => {
  it('break no promise in a hundred thousand steps', async () => {
    const total = { steps: 0, deployments: 0, servers: 0, rests: 0, days: 0 }
    for (const seed of seeds) {
      const history = await simulate(seed, stepsASeed)
      expect(report(history)).toBe('')
      total.steps += history.steps
      total.deployments += history.counts['deployment.queued'] ?? 0
      total.servers += history.servers
      total.rests += history.rests
      total.days += history.ms / 86_400_000
    }
    // One that nothing happens in would keep every promise.
    expect(total.steps).toBeGreaterThanOrEqual(100_000)
    expect(total.deployments).toBeGreaterThan(200)
    expect(total.servers).toBeGreaterThan(seeds.length)
    expect(total.rests).toBeGreaterThan(seeds.length / 2)
    expect(total.days).toBeGreaterThan(5)
  }, 300_000)

  it.each(found)(
    'break none when $when',
    async ({ seed, steps }) => {
      expect(report(await simulate(seed, steps))).toBe('')
    },
    60_000,
  )

  it('are the same again for the same seed, and others for another', async () => {
    const [once, again, other] = [
      await simulate(7, 3000),
      await simulate(7, 3000),
      await simulate(8, 3000),
    ]
    expect(again.digest).toBe(once.digest)
    expect(other.digest).not.toBe(once.digest)
  }, 60_000)
})

describe('a promise that is broken is noticed', () => {
  it('when an instance ends before it was drained', async () => {
    const hasty = (parts: Parts): Parts => ({
      ...parts,
      router: { ...parts.router, drain: async () => ({ leftInFlight: 0 }) },
    })
    expect(await firstBroken(hasty)).toContain('is told to end before it was drained')
  }, 120_000)

  it('when traffic goes to what was never healthy', async () => {
    const gullible = (parts: Parts): Parts => ({
      ...parts,
      engine: {
        ...parts.engine,
        list: async (filter) =>
          (await parts.engine.list(filter)).map((one) =>
            one.health === 'starting'
              ? { ...one, health: 'healthy' as const, healthyForMs: 60_000 }
              : one,
          ),
      },
    })
    const told = await firstBroken(gullible)
    expect(told).toContain('which was never healthy')
    expect(told).toMatch(/again: npm run simulate -- --seed \d+ --steps \d+/)
  }, 120_000)
})

/** What is told of the first seed that breaks with these parts. */
async function firstBroken(spoil: (parts: Parts) => Parts): Promise<string> {
  for (const seed of seeds) {
    const history = await simulate(seed, stepsASeed, { spoil })
    if (history.broken !== null) return report(history)
  }
  return 'nothing broke'
}
