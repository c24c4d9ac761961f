// Runs one benchmark of bench/, after everything is set up and built: node scripts/bench.mjs deploy [--json]
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [name, ...args] = process.argv.slice(2)
const node = (...words) => {
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

node(join(root, 'scripts/setup.mjs'))
node(join(root, 'scripts/build.mjs'))
const { build } = await import('esbuild')
mkdirSync(join(root, 'dist/bench'), { recursive: true })
// As deep below the root as the tests, whose support it shares.
const bundle = join(root, 'dist/bench', `${name}.mjs`)
await build({
  entryPoints: [join(root, 'bench', `${name}.ts`)],
  outfile: bundle,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
})
node(bundle, ...args)
