import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomId } from '../base/id.ts'
import { removeTree, removeTrees } from '../base/tree.ts'
import type { Account } from './account.ts'
import {
  copyTree,
  entries,
  exists,
  FilesError,
  freeze,
  isInside,
  linkTree,
  moveTree,
  openFolders,
  thaw,
} from './files.ts'
import { movePaths } from './moved-paths.ts'
import { sparesIn } from './spares.ts'

const keptKeys = 5

/** Behind a key's name: what is not kept yet. */
const storing = '.storing'
/** Behind a key's name: steps change what its install makes. */
const changed = '.changed'

/** What a step makes, under the key of everything that decides it. Paths are below the slug. */
export type Cached = {
  key: string
  keeps: readonly string[]
  /** Files, or folders of files, that hold the slug's path. */
  moved: readonly string[]
}

/** What was taken from a slug and is not kept yet. */
export type Taken = { key: string; aside: string }

/**
 * What install steps of one app made, by key. The files kept here are frozen and no step can change them: a
 * slug gets second names of them only when no step runs after, and files of its own otherwise.
 */
export type Dependencies = {
  /** Puts what is kept into a slug; false when there is nothing under that key. `changing`: a step that may write to it follows. */
  restore(cached: Cached, slug: string, changing: boolean): Promise<boolean>
  /**
   * Takes what a slug's install has made, without what was `added` to it since: by second names only where no step can
   * write to the slug any more. Null where there is nothing to take, or something is kept already.
   */
  take(
    cached: Cached,
    slug: string,
    way: 'link' | 'copy' | 'move',
    added?: readonly string[],
  ): Promise<Taken | null>
  /** Freezes and keeps what was taken. */
  keep(taken: Taken): Promise<void>
  /** Remembers that steps have changed what this install made, so that from now on it is copied before they run. */
  sayChanged(key: string): Promise<void>
  isChanged(key: string): Promise<boolean>
  /**
   * Makes second names of what is kept in a folder of their own, which `giveBack` or `drop` removes; null where it was
   * removed meanwhile.
   */
  link(cached: Cached): Promise<string | null>
  /**
   * Takes back files of its own that a slug was given, unchanged but for what was `added`, for the next build. The slug
   * gets what is in `linked` instead, and what was added; null: it gets nothing. No step can write to it any more.
   */
  giveBack(
    cached: Cached,
    slug: string,
    added: readonly string[],
    linked: string | null,
  ): Promise<void>
  drop(linked: string): Promise<void>
  /** Makes a copy ready for the next build whose steps may write to it; gives up when `signal` aborts. */
  spare(cached: Cached, signal: AbortSignal): Promise<void>
}

export function dependenciesIn(folder: string, runAs: Account | null): Dependencies {
  const spares = sparesIn(folder, runAs)
  const asideOf = (key: string): string => join(folder, `${key}-${randomId(12)}${storing}`)
  const begin = async (key: string): Promise<string> => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const aside = asideOf(key)
    underWay.add(aside)
    await mkdir(aside, { mode: 0o700 })
    return aside
  }
  const drop = async (aside: string): Promise<void> => {
    await removeTree(aside)
    underWay.delete(aside)
  }
  const moveSpare = async (key: string, keeps: readonly string[], slug: string) => {
    const spare = asideOf(key)
    underWay.add(spare)
    try {
      if (!(await spares.take(key, spare))) return false
      await putInto(slug, keeps, spare, moveTree)
      return true
    } finally {
      await drop(spare)
    }
  }
  return {
    async restore({ key, keeps, moved }, slug, changing) {
      const origin = await originOf(join(folder, key))
      if (origin === null || !(await areInside(keeps, slug))) return false
      if (!(changing && (await moveSpare(key, keeps, slug)))) {
        await putInto(slug, keeps, join(folder, key, 'files'), changing ? copyTree : linkTree)
        if (changing)
          for (const path of keeps)
            if (await exists(join(slug, path))) await thaw(join(slug, path), runAs)
      }
      // Removed meanwhile: what was put in need not be all of it.
      if (!(await exists(join(folder, key)))) return false
      await movePaths(slug, moved, origin)
      await utimes(join(folder, key), new Date(), new Date())
      return true
    },
    async take({ key, keeps }, slug, way, added = []) {
      if (await exists(join(folder, key))) return null
      const made: string[] = []
      for (const path of keeps) if (await exists(join(slug, path))) made.push(path)
      // A lockfile of optional packages for other machines installs nothing.
      if (made.length === 0 || !(await areInside(made, slug))) return null
      const aside = await begin(key)
      for (const path of made) {
        const kept = join(aside, 'files', path)
        await mkdir(dirname(kept), { recursive: true })
        await place(join(slug, path), kept, ways[way])
      }
      await removeTrees(added.map((path) => join(aside, 'files', path)))
      await writeFile(join(aside, 'origin'), slug)
      return { key, aside }
    },
    async keep({ key, aside }) {
      for (const path of await entries(join(aside, 'files'))) await freeze(path, runAs)
      // Of two builds at once that installed the same, one has kept it.
      if (await exists(join(folder, key))) await removeTree(aside)
      else await rename(aside, join(folder, key))
      underWay.delete(aside)
      await rm(join(folder, `${key}${changed}`), { force: true })
      await dropOld(folder)
    },
    async sayChanged(key) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(join(folder, `${key}${changed}`), '')
    },
    isChanged: (key) => exists(join(folder, `${key}${changed}`)),
    async link({ key, keeps }) {
      const aside = await begin(key)
      try {
        await putInto(aside, keeps, join(folder, key, 'files'), linkTree)
        if (runAs === null)
          for (const path of keeps)
            if (await exists(join(aside, path))) await openFolders(join(aside, path))
        if (await exists(join(folder, key))) return aside
      } catch (error) {
        await drop(aside)
        throw error
      }
      await drop(aside)
      return null
    },
    drop,
    async giveBack({ key, keeps }, slug, added, linked) {
      const aside = await begin(key)
      const own = join(aside, 'own')
      try {
        await mkdir(own, { mode: 0o700 })
        for (const path of keeps) {
          if (!(await exists(join(slug, path)))) continue
          await mkdir(dirname(join(own, path)), { recursive: true })
          await moveTree(join(slug, path), join(own, path))
        }
        if (linked === null) await removeTrees(added.map((path) => join(own, path)))
        else {
          await putInto(slug, keeps, linked, moveTree)
          for (const path of added) await moveTree(join(own, path), join(slug, path))
          await drop(linked)
        }
        await spares.put(key, own)
      } finally {
        await drop(aside)
      }
    },
    async spare({ key, keeps }, signal) {
      if (!(await exists(join(folder, key))) || (await spares.has(key))) return
      const aside = await begin(key)
      try {
        await spares.make(key, keeps, aside, signal)
      } catch (error) {
        // A build that begins makes its own copy, sooner than this one would be there.
        if (!signal.aborted) throw error
      } finally {
        await drop(aside)
      }
    },
  }
}

const ways = { link: linkTree, copy: copyTree, move: moveTree }

/** What builds of this process have not kept yet: no leftover. */
const underWay = new Set<string>()

/** The slug that it was made in; null for a key that is not there. */
async function originOf(kept: string): Promise<string | null> {
  return (await exists(kept)) ? readFile(join(kept, 'origin'), 'utf8') : null
}

/** No link of the commit may lead what is kept, or the place where it goes, out of the slug. */
async function areInside(paths: readonly string[], slug: string): Promise<boolean> {
  for (const path of paths) {
    let folder = dirname(join(slug, path))
    // What is not there yet is made in what is.
    while (!(await exists(folder))) folder = dirname(folder)
    if (!(await isInside(slug, folder))) return false
  }
  return true
}

/** In place of what the commit has there. */
async function putInto(
  slug: string,
  paths: readonly string[],
  from: string,
  way: typeof copyTree,
): Promise<void> {
  for (const path of paths) {
    const target = join(slug, path)
    await removeTree(target)
    if (!(await exists(join(from, path)))) continue
    await mkdir(dirname(target), { recursive: true })
    await place(join(from, path), target, way)
  }
}

async function place(from: string, to: string, way: typeof copyTree): Promise<void> {
  try {
    await way(from, to)
  } catch (error) {
    // Not every disk has links, nor may a file have any number of them; a copy is as good, only slower.
    if (!(error instanceof FilesError) || way !== linkTree) throw error
    await removeTree(to)
    await copyTree(from, to)
  }
}

async function dropOld(folder: string): Promise<void> {
  const found = await Promise.all(
    (await entries(folder)).map(async (path) => ({ path, usedMs: (await stat(path)).mtimeMs })),
  )
  const newestFirst = found.sort((a, b) => b.usedMs - a.usedMs).map(({ path }) => path)
  const halves = newestFirst.filter((path) => path.endsWith(storing))
  const notes = newestFirst.filter((path) => path.endsWith(changed))
  const keys = newestFirst.filter((path) => !halves.includes(path) && !notes.includes(path))
  for (const path of [...halves, ...notes.slice(keptKeys)])
    if (!underWay.has(path)) await removeTree(path)
  for (const path of keys.slice(keptKeys)) {
    // In one step, so that a build that uses it now can tell.
    const aside = `${path}-${randomId(12)}${storing}`
    await rename(path, aside)
    await removeTree(aside)
  }
}
