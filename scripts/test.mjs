// `npm test`: sets up, builds, runs every check and every test, and ends with one line of counts.
// `npm test -- --checks` runs the checks alone; `npm test -- test/model` the tests under that path alone.
// Nothing newer than Node.js 14 in the syntax here, so that an old one is told so in words.
import { setUp } from './setup.mjs'

async function main(args) {
  await setUp()
  const { build, checks, tests } = await import('./checks.mjs')
  const paths = args.filter((arg) => !arg.startsWith('--'))
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const run = async ([name, check]) => add(counts, await timed(name, check))

  await run(build)
  if (paths.length === 0) for (const check of checks) await run(check)
  if (!args.includes('--checks')) add(counts, await tests(paths))

  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
  process.exitCode = counts.failed > 0 ? 1 : 0
}

/** One check counts as one, as a test does. `check` gives what is wrong, or nothing. */
async function timed(name, check) {
  const started = Date.now()
  const wrong = await check()
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${wrong ? '✗' : '✓'} ${name} (${seconds} s)\n`)
  if (wrong) process.stdout.write(`${wrong.trimEnd().replace(/^/gm, '    ')}\n`)
  return { passed: wrong ? 0 : 1, failed: wrong ? 1 : 0, skipped: 0 }
}

function add(counts, more) {
  for (const key of Object.keys(counts)) counts[key] += more[key]
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack || error}\n`)
  process.stdout.write('0 passed, 1 failed\n')
  process.exitCode = 1
})
