import { expect, test } from 'vitest'
import { ChangingApp, cacheBound, settledUse, visitReleases } from '../support/changing-app.ts'
import { Naru } from '../support/naru.ts'

test('deployments whose packages change each time stay within the bound, and every release still starts', async () => {
  const app = await ChangingApp.start()
  const naru = await Naru.started({ NARU_CACHE_LIMIT: '7MB' })
  try {
    const repository = await naru.repository('changing', {})
    const { limit } = await cacheBound(naru)
    for (let round = 1; round <= 10; round += 1) {
      const { code, output } = await repository.deploy(app.files(round, 500_000))
      expect(code, output).toBe(0)
      expect(await settledUse(naru)).toBeLessThanOrEqual(limit)
    }
    // Without a bound it would be twice as much: what was downloaded, beside what was installed.
    expect(await settledUse(naru)).toBeGreaterThan(limit / 2)
    const said = await visitReleases(naru, 'changing')
    expect([...said.values()]).toEqual(
      Array.from({ length: 10 }, (_, back) => `round ${10 - back} with package ${10 - back}`),
    )
  } finally {
    await naru.close()
    app.close()
  }
}, 120_000)
