import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'

const isRoot = process.getuid?.() === 0
/** Rights hold back nobody who is root: there an ordinary user does it. */
const ordinary = isRoot ? { uid: 65_534, gid: 65_534 } : {}
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'naru-tree-'))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a read-only tree is removed, and a file of it with another name keeps its rights there', () => {
  const [tree, kept] = [join(folder, 'all/tree'), join(folder, 'all/kept')]
  mkdirSync(join(tree, 'inner'), { recursive: true })
  writeFileSync(kept, 'x', { mode: 0o444 })
  linkSync(kept, join(tree, 'inner/file'))
  const made = [join(folder, 'all'), tree, join(tree, 'inner'), kept]
  if (isRoot) for (const path of made) chownSync(path, 65_534, 65_534)
  chmodSync(join(tree, 'inner'), 0o500)
  chmodSync(tree, 0o500)

  const { status, stderr } = spawnSync(process.execPath, [bundled(), tree], ordinary)

  expect(status, String(stderr)).toBe(0)
  expect(existsSync(tree)).toBe(false)
  expect((statSync(kept).mode & 0o777).toString(8)).toBe('444')
})

function bundled(): string {
  const outfile = join(folder, 'remove-tree.cjs')
  const entry = fileURLToPath(new URL('programs/remove-tree.ts', import.meta.url))
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node' })
  chmodSync(outfile, 0o644)
  return outfile
}
