import { spawnSync } from 'node:child_process'

let built = false

/** Builds the programs once a run, so that every test that starts one starts what the sources say. */
export default function buildPrograms(): void {
  if (built) return
  built = true
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  if (status !== 0) process.stderr.write('The programs could not be built: see above.\n')
}
