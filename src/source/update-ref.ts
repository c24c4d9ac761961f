import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from './git.ts'

/** Longer than git ever holds a lock for one ref. An older lock was left by a git that was killed. */
const staleLockMs = 10_000

/** Points a ref at a commit, wherever it was. Takes away the lock of a git that was killed in the middle of the same. */
export async function updateRef(repository: string, ref: string, commit: string): Promise<void> {
  const update = () => git(['update-ref', ref, commit], { repository })
  try {
    await update()
  } catch (error) {
    const freed = await Promise.all(
      [ref, 'HEAD', 'packed-refs'].map((name) => freeStaleLock(repository, name)),
    )
    if (!freed.includes(true)) throw error
    await update()
  }
}

async function freeStaleLock(repository: string, name: string): Promise<boolean> {
  const lock = join(repository, `${name}.lock`)
  try {
    const { mtimeMs } = await stat(lock)
    if (Date.now() - mtimeMs < staleLockMs) return false
    await rm(lock)
    return true
  } catch {
    return false // No such lock, or someone else freed it: then the first failure is the one to tell.
  }
}
