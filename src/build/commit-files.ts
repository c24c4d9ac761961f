import { NaruError } from '../base/error.ts'
import type { CommitFiles } from './recipe-types.ts'

/** A file, a link or a submodule of a commit, with its whole path. */
export type CommitEntry = { path: string; kind: 'file' | 'link' | 'submodule' }

/** The files of a whole commit. `read` gives the text of a path, undefined where there is no file. */
export function commitFiles(
  entries: readonly CommitEntry[],
  read: (path: string) => Promise<string | undefined>,
): CommitFiles {
  const paths = entries.filter(({ kind }) => kind !== 'submodule').map(({ path }) => path)
  const known = new Set(paths)
  // Several ask for the same file, and each answer is a program of git's.
  const texts = new Map<string, Promise<string | undefined>>()
  return {
    paths,
    has: (path) => known.has(path),
    read: async (path) => {
      const text = texts.get(path) ?? read(path)
      texts.set(path, text)
      return (await text) ?? null
    },
    within: null,
  }
}

/** The files below a folder of a commit. */
export function below(all: CommitFiles, folder: string): CommitFiles {
  const prefix = `${folder}/`
  const paths = all.paths
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
  const known = new Set(paths)
  return {
    paths,
    has: (path) => known.has(path),
    read: (path) => all.read(`${prefix}${path}`),
    within: { files: all, folder },
  }
}

/** The app's folder of a commit as the spec says it. Throws `build.no-folder` where there is no file in it. */
export function appFiles(all: CommitFiles, folder: string): CommitFiles {
  if (folder === '.') return all
  const files = below(all, folder)
  if (files.paths.length > 0) return files
  const folders = all.paths
    .filter((path) => path.includes('/'))
    .map((path) => path.replace(/\/.*$/s, '/'))
  throw new NaruError('build.no-folder', { folder, folders: [...new Set(folders)].slice(0, 20) })
}
