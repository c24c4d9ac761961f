import { parseArgs } from 'node:util'
import { keptReleases } from '../src/deploy/collector.ts'
import { ChangingApp, cacheBound, settledUse, visitReleases } from '../test/support/changing-app.ts'
import { Naru } from '../test/support/naru.ts'
import { Figures, say } from './figures.ts'
import { load, machine } from './support/conditions.ts'

/** Whether slugs and caches stay within a small bound while an app's packages change with each deployment. */
const { values: options } = parseArgs({
  options: {
    deployments: { type: 'string', default: '100' },
    limit: { type: 'string', default: '16MB' },
    json: { type: 'boolean' },
  },
})
const packageBytes = 500_000
const megabytes = (bytes: number): number => bytes / 1024 / 1024

const deployments = Number(options.deployments)
const figures = new Figures()
say(machine())
const app = await ChangingApp.start()
const naru = await Naru.started({ NARU_CACHE_LIMIT: options.limit })
try {
  const repository = await naru.repository('changing', {})
  const { limit } = await cacheBound(naru)
  let most = 0
  for (let round = 1; round <= deployments; round += 1) {
    const { code, output } = await repository.deploy(app.files(round, packageBytes))
    if (code !== 0) throw new Error(`deployment ${round} failed:\n${output}\n${naru.log()}`)
    const used = await settledUse(naru)
    most = Math.max(most, used)
    if (round % 10 === 0 || round === deployments)
      figures.add(
        `cache-after-${round}`,
        megabytes(used),
        'MB',
        { value: megabytes(limit) },
        load(),
      )
  }
  figures.add('cache-most', megabytes(most), 'MB', { value: megabytes(limit) }, 'after any of them')
  say('going back to every release that there is')
  const said = await visitReleases(naru, 'changing')
  const right = [...said].filter(([, text]) => isOneRound(text))
  const wanted = Math.max(said.size, Math.min(deployments, keptReleases))
  figures.add('releases-that-start', right.length, 'releases', { value: wanted, atLeast: true })
} finally {
  await naru.close()
  app.close()
}
figures.end()

/** Its files and its package are of the same round. */
function isOneRound(text: string): boolean {
  return /^round (\d+) with package \1$/.test(text)
}
