import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { planBuild, planDockerfile } from '../build/planner.ts'
import { runCommand } from '../cli/run.ts'

void runCommand({
  args: process.argv.slice(2),
  streams: process,
  environment: process.env,
  folder: process.cwd(),
  planBuild,
  planDockerfile,
  programs: dirname(realpathSync(process.argv[1] ?? '.')),
}).then((exit) => {
  process.exitCode = exit
})
