import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { runCommand } from '../cli/run.ts'

void runCommand({
  args: process.argv.slice(2),
  streams: process,
  environment: process.env,
  folder: process.cwd(),
  programs: dirname(realpathSync(process.argv[1] ?? '.')),
}).then((exit) => {
  process.exitCode = exit
})
