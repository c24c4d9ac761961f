import type { TestEngine } from '../../test/support/naru.ts'

/** What `--engine` says: where what is measured runs. */
export function engineAsked(): TestEngine {
  const at = process.argv.indexOf('--engine')
  const asked = at < 0 ? 'process' : process.argv[at + 1]
  if (asked === 'docker' || asked === 'process') return asked
  console.error('--engine is one of docker, process')
  process.exit(2)
}
