import { posix } from 'node:path'
import { NaruError } from '../base/error.ts'
import type { CommitFiles } from './recipe-types.ts'

/** What Git LFS commits in the place of a large file begins so. */
const pointer = 'version https://git-lfs.github.com/spec/'

/** More files than that are not looked into; a build with a pointer that slips through fails by itself. */
const lookedAt = 50

/**
 * Throws `build.lfs` where the commit holds pointers of Git LFS in the place of files: the files themselves are
 * elsewhere, and were never pushed here.
 */
export async function refuseLargeFiles(all: CommitFiles, folder: string): Promise<void> {
  const patterns = await lfsPatterns(all)
  if (patterns.length === 0) return
  const inFolder = all.paths.filter((path) => folder === '.' || path.startsWith(`${folder}/`))
  const named = inFolder.filter((path) => patterns.some((pattern) => matches(pattern, path)))
  const pointers: string[] = []
  for (const path of named.slice(0, lookedAt))
    if ((await all.read(path))?.startsWith(pointer)) pointers.push(path)
  if (pointers.length > 0) throw new NaruError('build.lfs', { paths: pointers.slice(0, 10) })
}

type Pattern = { folder: string; glob: string }

async function lfsPatterns(all: CommitFiles): Promise<Pattern[]> {
  const found: Pattern[] = []
  for (const path of all.paths.filter((path) => posix.basename(path) === '.gitattributes')) {
    for (const line of ((await all.read(path)) ?? '').split('\n')) {
      const [glob, ...attributes] = line.trim().split(/\s+/)
      if (glob && !glob.startsWith('#') && attributes.includes('filter=lfs'))
        found.push({ folder: posix.dirname(path), glob })
    }
  }
  return found
}

/** As git matches: a pattern without a slash by the name alone, one with a slash by the path from its file on. */
function matches({ folder, glob }: Pattern, path: string): boolean {
  if (folder !== '.' && !path.startsWith(`${folder}/`)) return false
  const rest = folder === '.' ? path : path.slice(folder.length + 1)
  const plain = glob.replace(/^\//, '')
  const target = glob.includes('/') ? rest : posix.basename(rest)
  return globToRegExp(plain).test(target)
}

/** Stars, double stars, question marks and classes. */
function globToRegExp(glob: string): RegExp {
  const text = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (found) =>
      found.startsWith('**') ? '.*' : found === '*' ? '[^/]*' : '[^/]',
    )
  return new RegExp(`^${text}$`)
}
