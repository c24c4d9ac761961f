import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from '../../src/base/tree.ts'

const isRoot = process.getuid?.() === 0
/** Rights hold back nobody who is root: there an ordinary user does it. */
const ordinary = isRoot ? { uid: 65_534, gid: 65_534 } : {}
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'naru-moved-'))
  chmodSync(folder, 0o755)
})
afterEach(() => removeTree(folder))

test("an ordinary user's kept .venv names the slug it is put into, and the first one as before", () => {
  const slugs = join(folder, 'slugs')
  mkdirSync(slugs)
  if (isRoot) chownSync(slugs, 65_534, 65_534)

  const { status, stdout, stderr } = spawnSync(process.execPath, [bundled(), slugs], ordinary)

  expect(status, String(stderr)).toBe(0)
  expect(String(stdout).trim().split('\n')).toEqual([
    `#!${slugs}/one/.venv/bin/python`,
    `#!${slugs}/two/.venv/bin/python`,
  ])
})

test('an ordinary user takes back packages that were lent, and what only the build needs can be removed', () => {
  const data = join(folder, 'data')
  mkdirSync(data)
  if (isRoot) chownSync(data, 65_534, 65_534)

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bundled('lend-packages'), data],
    ordinary,
  )

  expect(status, String(stderr)).toBe(0)
  expect(JSON.parse(String(stdout))).toEqual({
    two: ['added', 'kept'],
    three: ['dev', 'kept'],
    isSameFile: true,
    isOwnFile: true,
    canBeWritten: false,
  })
})

function bundled(program = 'keep-venv'): string {
  const outfile = join(folder, `${program}.cjs`)
  const entry = fileURLToPath(new URL(`programs/${program}.ts`, import.meta.url))
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node' })
  chmodSync(outfile, 0o644)
  return outfile
}
