import { mkdir, rename, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { removeTree } from '../base/tree.ts'
import type { Account } from './account.ts'
import { copyTree, entries, exists, FilesError, freeze, linkTree, thaw } from './files.ts'

const keptKeys = 5

/**
 * Installed packages of one app, by lockfile. The files kept here are frozen and no step can change them: a
 * slug gets second names of them only when no step runs after, and copies of its own otherwise.
 */
export type Dependencies = {
  /** Puts the packages into a slug; false when there are none under that key. `changing`: a step that may write to them follows. */
  restore(key: string, slug: string, changing: boolean): Promise<boolean>
  /** Keeps what a slug's install has made, and drops the keys not used for longest. */
  store(key: string, slug: string, changing: boolean): Promise<void>
}

export function dependenciesIn(folder: string, runAs: Account | null): Dependencies {
  const packages = (key: string) => join(folder, key, 'node_modules')
  return {
    async restore(key, slug, changing) {
      if (!(await exists(packages(key)))) return false
      const target = join(slug, 'node_modules')
      await removeTree(target)
      await place(packages(key), target, changing)
      if (changing) await thaw(target, runAs)
      await utimes(join(folder, key), new Date(), new Date())
      return true
    },
    async store(key, slug, changing) {
      const made = join(slug, 'node_modules')
      // A lockfile of optional packages for other machines installs nothing.
      if (!(await exists(made)) || (await exists(packages(key)))) return
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const aside = join(folder, `${key}.storing`)
      await removeTree(aside)
      await mkdir(aside, { mode: 0o700 })
      await place(made, join(aside, 'node_modules'), changing)
      await freeze(join(aside, 'node_modules'), runAs)
      await rename(aside, join(folder, key))
      await dropOld(folder)
    },
  }
}

async function place(from: string, to: string, changing: boolean): Promise<void> {
  if (changing) return copyTree(from, to)
  try {
    await linkTree(from, to)
  } catch (error) {
    // Not every disk has links, nor may a file have any number of them; a copy is as good, only slower.
    if (!(error instanceof FilesError)) throw error
    await removeTree(to)
    await copyTree(from, to)
  }
}

async function dropOld(folder: string): Promise<void> {
  const found = await Promise.all(
    (await entries(folder)).map(async (path) => ({ path, usedMs: (await stat(path)).mtimeMs })),
  )
  const halves = found.filter(({ path }) => basename(path).endsWith('.storing'))
  const keys = found.filter((entry) => !halves.includes(entry)).sort((a, b) => b.usedMs - a.usedMs)
  for (const { path } of [...halves, ...keys.slice(keptKeys)]) await removeTree(path)
}
