import { lstat, mkdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Account } from './account.ts'
import { copyTreeCalmly, entries, exists, thaw } from './files.ts'

/**
 * Copies of what is kept, each lent to one build at a time whose steps may write to it, and taken back where they did not:
 * to move a copy takes no time, to make one longer than all the rest of a build. One for each app, of what its last build used.
 */
export type Spares = {
  /** Moves the copy under a key to `aside`, which must not exist; false where there is none, or one for another account. */
  take(key: string, aside: string): Promise<boolean>
  has(key: string): Promise<boolean>
  /** Puts a folder under its key; leaves it where it is when there is one already, or the key is gone. */
  put(key: string, made: string): Promise<void>
  /** Makes a copy below `aside`, a folder that the caller removes, and puts it under its key in place of those of other keys. */
  make(key: string, paths: readonly string[], aside: string, signal: AbortSignal): Promise<void>
}

export function sparesIn(dependencies: string, runAs: Account | null): Spares {
  const of = (key: string): string => join(dependencies, key, 'spare')
  const put = async (key: string, made: string): Promise<void> => {
    await rename(made, of(key)).catch((error: unknown) => {
      // Removed meanwhile with its key, or made by another build: nothing is missing either way.
      if (!isMissing(error) && !isThere(error)) throw error
    })
  }
  return {
    async take(key, aside) {
      try {
        await rename(of(key), aside)
      } catch (error) {
        unlessMissing(error)
        return false
      }
      if (runAs === null) return true
      for (const path of await entries(aside)) {
        const { uid, gid } = await lstat(path)
        if (uid !== runAs.uid || gid !== runAs.gid) return false
      }
      return true
    },
    has: (key) => exists(of(key)),
    put,
    async make(key, paths, aside, signal) {
      const kept = join(dependencies, key)
      const made = join(aside, 'copy')
      await mkdir(made, { mode: 0o700 })
      for (const path of paths) {
        const from = join(kept, 'files', path)
        if (!(await exists(from))) continue
        await mkdir(dirname(join(made, path)), { recursive: true })
        await copyTreeCalmly(from, join(made, path), signal)
      }
      for (const path of await entries(made)) await thaw(path, runAs)
      for (const other of await entries(dependencies)) {
        // In one step, so that a build that takes it now finds all of it or nothing.
        if (other !== kept)
          await rename(join(other, 'spare'), join(aside, basename(other))).catch(unlessMissing)
      }
      await put(key, made)
    },
  }
}

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))
function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}
const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT', 'ENOTDIR')
const isThere = (error: unknown): boolean => hasCode(error, 'ENOTEMPTY', 'EEXIST')
