import { mkdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomId } from '../base/id.ts'
import { removeTree } from '../base/tree.ts'
import type { Account } from './account.ts'
import { copyTree, entries, exists, FilesError, freeze, isInside, linkTree, thaw } from './files.ts'
import { movePaths } from './moved-paths.ts'

const keptKeys = 5

/** Behind a key's name: what is not kept yet. */
const storing = '.storing'

/** What a step makes, under the key of everything that decides it. Paths are below the slug. */
export type Cached = {
  key: string
  keeps: readonly string[]
  /** Files, or folders of files, that hold the slug's path. */
  moved: readonly string[]
}

/**
 * What install steps of one app made, by key. The files kept here are frozen and no step can change them: a
 * slug gets second names of them only when no step runs after, and copies of its own otherwise.
 */
export type Dependencies = {
  /** Puts what is kept into a slug; false when there is nothing under that key. `changing`: a step that may write to it follows. */
  restore(cached: Cached, slug: string, changing: boolean): Promise<boolean>
  /** Keeps what a slug's install has made; with `changing` a copy of it. */
  store(cached: Cached, slug: string, changing: boolean): Promise<void>
}

export function dependenciesIn(folder: string, runAs: Account | null): Dependencies {
  const keep = async (key: string, aside: string): Promise<void> => {
    for (const path of await entries(join(aside, 'files'))) await freeze(path, runAs)
    // Of two builds at once that installed the same, one has kept it.
    if (await exists(join(folder, key))) await removeTree(aside)
    else await rename(aside, join(folder, key))
    underWay.delete(aside)
    await dropOld(folder)
  }
  return {
    async restore({ key, keeps, moved }, slug, changing) {
      const origin = await originOf(join(folder, key))
      if (origin === null || !(await areInside(keeps, slug))) return false
      for (const path of keeps) {
        const kept = join(folder, key, 'files', path)
        const target = join(slug, path)
        await removeTree(target)
        if (!(await exists(kept))) continue
        await mkdir(dirname(target), { recursive: true })
        await place(kept, target, changing ? copyTree : linkTree)
      }
      await movePaths(slug, moved, origin)
      if (changing)
        for (const path of keeps)
          if (await exists(join(slug, path))) await thaw(join(slug, path), runAs)
      await utimes(join(folder, key), new Date(), new Date())
      return true
    },
    async store({ key, keeps }, slug, changing) {
      if (await exists(join(folder, key))) return
      const made: string[] = []
      for (const path of keeps) if (await exists(join(slug, path))) made.push(path)
      // A lockfile of optional packages for other machines installs nothing.
      if (made.length === 0 || !(await areInside(made, slug))) return
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const aside = join(folder, `${key}-${randomId(12)}${storing}`)
      underWay.add(aside)
      await mkdir(aside, { mode: 0o700 })
      for (const path of made) {
        const kept = join(aside, 'files', path)
        await mkdir(dirname(kept), { recursive: true })
        await place(join(slug, path), kept, changing ? copyTree : linkTree)
      }
      await writeFile(join(aside, 'origin'), slug)
      await keep(key, aside)
    },
  }
}

/** What builds of this process have not kept yet: no leftover. */
const underWay = new Set<string>()

/** The slug that it was made in; null for a key that is not there. */
async function originOf(kept: string): Promise<string | null> {
  return (await exists(kept)) ? readFile(join(kept, 'origin'), 'utf8') : null
}

/** No link of the commit may lead what is kept, or the place where it goes, out of the slug. */
async function areInside(paths: readonly string[], slug: string): Promise<boolean> {
  for (const path of paths) if (!(await isInside(slug, dirname(join(slug, path))))) return false
  return true
}

async function place(from: string, to: string, way: typeof copyTree): Promise<void> {
  try {
    await way(from, to)
  } catch (error) {
    // Not every disk has links, nor may a file have any number of them; a copy is as good, only slower.
    if (!(error instanceof FilesError) || way === copyTree) throw error
    await removeTree(to)
    await copyTree(from, to)
  }
}

async function dropOld(folder: string): Promise<void> {
  const found = await Promise.all(
    (await entries(folder)).map(async (path) => ({ path, usedMs: (await stat(path)).mtimeMs })),
  )
  const halves = found.filter(({ path }) => path.endsWith(storing))
  const keys = found.filter((entry) => !halves.includes(entry)).sort((a, b) => b.usedMs - a.usedMs)
  const gone = [...halves, ...keys.slice(keptKeys)]
  for (const { path } of gone) if (!underWay.has(path)) await removeTree(path)
}
