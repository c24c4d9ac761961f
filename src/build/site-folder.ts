import { lstat, mkdir, mkdtemp, rename } from 'node:fs/promises'
import { basename, join, normalize } from 'node:path'
import { NaruError } from '../base/error.ts'
import { removeTree } from '../base/tree.ts'
import { entries, isInside } from './files.ts'
import { siteFolder } from './recipes/static.ts'

/**
 * Leaves of a slug only the first of the folders that has an index.html, named `site`; the one that was kept is the
 * answer. For a slug that no step can write to any more. Throws `build.no-output`.
 */
export async function keepSite(
  slug: string,
  workingFolder: string,
  folders: readonly string[],
  build: number,
): Promise<string> {
  const found = await firstSite(slug, workingFolder, folders)
  if (found === null) throw new NaruError('build.no-output', { build, folders: [...folders] })
  // Beside everything else, so that whatever the site's own path is, it is out of the way first.
  const aside = await mkdtemp(join(slug, '.naru-'))
  const kept = join(aside, siteFolder)
  if (found.path === slug) {
    await mkdir(kept)
    for (const path of await entries(slug))
      if (path !== aside) await rename(path, join(kept, basename(path)))
  } else {
    await rename(found.path, kept)
    for (const path of await entries(slug)) if (path !== aside) await removeTree(path)
  }
  await rename(kept, join(slug, siteFolder))
  await removeTree(aside)
  return found.folder
}

async function firstSite(slug: string, workingFolder: string, folders: readonly string[]) {
  for (const folder of folders) {
    const path = normalize(join(slug, workingFolder, folder)).replace(/\/$/, '')
    // A folder itself, and no link on the way leads out of the slug.
    const isFolder = (await kindOf(path)) === 'folder' && (await isInside(slug, path))
    if (isFolder && (await kindOf(join(path, 'index.html'))) === 'file') return { folder, path }
  }
  return null
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    const found = await lstat(path)
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null
    throw error
  }
}
