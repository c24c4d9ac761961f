// Reads slipped files until one is answered badly: npm run fuzz -- --spec 10000 [--seed 7]
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { wrongAnswers } from '../test/model/spec-answer.ts'
import { mutatedSpec } from '../test/model/spec-mutations.ts'

const { values } = parseArgs({
  options: { spec: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } },
})
const count = Number(values.spec ?? 10_000)
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
const from = Number(values.from ?? 0)
if (![count, seed, from].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  process.stderr.write('usage: npm run fuzz -- --spec COUNT [--seed NUMBER] [--from NUMBER]\n')
  process.exit(2)
}

const limitSeconds = 1
process.stdout.write(`seed ${seed}, ${count} files\n`)
let accepted = 0
let slowestSeconds = 0
for (let number = from; number < from + count; number++) {
  const text = mutatedSpec(seed, number)
  const started = performance.now()
  const answer = wrongAnswers(text, number % 2 === 0 ? 'staging' : 'production')
  const seconds = (performance.now() - started) / 1000
  slowestSeconds = Math.max(slowestSeconds, seconds)
  if (answer.accepted) accepted++
  if (seconds > limitSeconds) answer.wrong.push(`it took ${seconds.toFixed(1)} s`)
  if (answer.wrong.length === 0) continue
  process.stdout.write(
    `file ${number}: ${answer.wrong.join('; ')}\n${JSON.stringify(text)}\n` +
      `again: npm run fuzz -- --spec 1 --seed ${seed} --from ${number}\n`,
  )
  process.exit(1)
}
process.stdout.write(
  `${count} files of seed ${seed}: ${accepted} accepted, ${count - accepted} refused, ` +
    `none answered badly; the slowest took ${(slowestSeconds * 1000).toFixed(0)} ms\n`,
)
