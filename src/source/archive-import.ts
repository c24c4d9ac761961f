import type { Readable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import { type ArchiveLimits, archiveLimits } from '../model/archive-entry.ts'
import { ArchiveTree } from '../model/archive-tree.ts'
import { startFastImport } from './fast-import.ts'
import { openQuarantine } from './quarantine.ts'
import { gunzipped, readTar } from './tar-reader.ts'

/** A tar.gz that somebody sends. It is read as it comes, and left open where reading it fails. */
export type SentArchive = {
  body: Readable
  /** What people call it: the commit's title says so. */
  name: string
  at: Date
}

/**
 * Makes a commit without parents of the files of an archive, and gives its id; no ref leads to it. All or nothing:
 * unless it succeeds, the repository has no object more than before. Throws `archive.*`, `data.full` and `git.failed`.
 */
export async function importArchive(
  repository: string,
  { body, name, at }: SentArchive,
  limits: ArchiveLimits = archiveLimits,
): Promise<string> {
  const quarantine = await openQuarantine(repository).catch((error: unknown) => {
    throw asFull(error, repository)
  })
  try {
    const { environment } = quarantine
    const git = startFastImport(repository, { message: `naru deploy: ${name}`, at, environment })
    try {
      const tree = new ArchiveTree(name, limits)
      for await (const { content, ...entry } of readTar(gunzipped(body, limits), name, limits)) {
        const placed = tree.add(entry)
        if (placed !== null) await git.add(placed, content)
      }
      tree.finish()
      const commit = await git.finish()
      await quarantine.accept()
      return commit
    } finally {
      await git.end()
    }
  } catch (error) {
    throw asFull(error, repository)
  } finally {
    await quarantine.drop()
  }
}

/** A full disk has its own words; anything else stays what it is. */
function asFull(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new NaruError('data.full', { folder }, { cause: error })
}
