// Writes the pages of docs/ that are made from the sources.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
await setUp()
const { build } = await import('esbuild')
const bundle = join(root, `dist/.docs-${process.pid}.mjs`)
mkdirSync(dirname(bundle), { recursive: true })
try {
  await build({
    entryPoints: [join(root, 'test/house/pages.ts')],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  })
  const { pages } = await import(pathToFileURL(bundle).href)
  for (const [path, text] of Object.entries(pages)) writeFileSync(join(root, path), text())
} finally {
  rmSync(bundle, { force: true })
}
