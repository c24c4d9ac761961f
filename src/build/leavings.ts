import { readdir, rmdir, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { removeTrees } from '../base/tree.ts'
import { entries, isInside } from './files.ts'

/**
 * Removes what only the build needed from a slug that no step can write to any more, with the links in `.bin` that then
 * lead nowhere. What a link leads out of the slug stays. Answers with how many of the folders were there.
 */
export async function removeLeavings(slug: string, paths: readonly string[]): Promise<number> {
  const found: string[] = []
  for (const path of paths.map((leaf) => join(slug, leaf)))
    if (await isThere(slug, path)) found.push(path)
  await removeTrees(found)
  const modules = new Set(found.map(modulesOf).filter((path) => path !== null))
  for (const folder of modules) {
    await unlink(join(folder, '.package-lock.json')).catch(unlessAbsent)
    for (const link of await entries(join(folder, '.bin')))
      await stat(link).catch(() => unlink(link))
  }
  for (const scope of new Set(found.map(dirname).filter((path) => basename(path).startsWith('@'))))
    if ((await readdir(scope)).length === 0) await rmdir(scope)
  return found.length
}

async function isThere(slug: string, path: string): Promise<boolean> {
  if (!(await isInside(slug, dirname(path)))) return false
  return (await readdir(dirname(path))).includes(basename(path))
}

/** The `node_modules` that a package lies in; null for anything else. */
function modulesOf(path: string): string | null {
  const parent = basename(dirname(path)).startsWith('@') ? dirname(dirname(path)) : dirname(path)
  return basename(parent) === 'node_modules' ? parent : null
}

function unlessAbsent(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
