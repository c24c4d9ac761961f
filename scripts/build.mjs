// Bundles the programs into dist/: one file each, so that a call starts in tens of milliseconds.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const programs = ['cli', 'server', 'router', 'static-server']
const entryPoints = programs
  .map((name) => join(root, 'src/main', `${name}.ts`))
  .filter((file) => existsSync(file))
// Built aside and renamed, so that a program started meanwhile never reads half a file.
const aside = join(root, `dist/.building-${process.pid}`)
mkdirSync(aside, { recursive: true })
try {
  await build({
    entryPoints,
    outdir: aside,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['better-sqlite3', '@lydell/node-pty', 'dockerode'],
    legalComments: 'none',
    logLevel: 'warning',
  })
  for (const file of entryPoints) {
    const name = `${file.slice(file.lastIndexOf('/') + 1, -3)}.cjs`
    renameSync(join(aside, name), join(root, 'dist', name))
  }
  writeFileSync(join(root, 'dist/.built'), '')
} finally {
  rmSync(aside, { recursive: true, force: true })
}
