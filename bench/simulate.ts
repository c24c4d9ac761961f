// Lives through simulated worlds until a promise is broken: npm run simulate -- --hours 1 | --seed 7 [--steps 5000] [--watch]
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { report, simulate } from '../test/simulation/run.ts'

const { values } = parseArgs({
  options: {
    hours: { type: 'string' },
    steps: { type: 'string' },
    seed: { type: 'string' },
    watch: { type: 'boolean' },
  },
})
const stepsASeed = Number(values.steps ?? 5000)
const hours = values.hours === undefined ? null : Number(values.hours)
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const isCount = (number: number) => Number.isSafeInteger(number) && number >= 0
if (!isCount(stepsASeed) || !isCount(first) || (hours !== null && !(hours > 0))) {
  process.stderr.write('usage: npm run simulate -- [--hours N] [--seed N] [--steps N] [--watch]\n')
  process.exit(2)
}

const onlyOne = hours === null && values.seed !== undefined
const until = performance.now() + (hours ?? 1 / 60) * 3_600_000
const total = { seeds: 0, steps: 0, ms: 0, servers: 0, rests: 0, accepted: 0, deployments: 0 }
const began = performance.now()
for (let seed = first; total.seeds === 0 || (!onlyOne && performance.now() < until); seed += 1) {
  const history = await simulate(seed, stepsASeed, {
    ...(values.watch && { onLine: (line: string) => process.stdout.write(`${line}\n`) }),
  })
  total.seeds += 1
  for (const key of ['steps', 'ms', 'servers', 'rests', 'accepted'] as const)
    total[key] += history[key]
  total.deployments += history.counts['deployment.queued'] ?? 0
  if (history.broken === null) continue
  process.stdout.write(`${report(history)}\n`)
  process.exit(1)
}
const seconds = (performance.now() - began) / 1000
process.stdout.write(
  `${total.seeds} seeds from ${first}: ${total.steps} steps in ${seconds.toFixed(0)} s ` +
    `(${Math.round(total.steps / seconds)} a second), ${(total.ms / 86_400_000).toFixed(1)} simulated days, ` +
    `${total.servers} servers, ${total.accepted} accepted wishes, ${total.deployments} deployments, ` +
    `${total.rests} times at rest; every promise held\n`,
)
