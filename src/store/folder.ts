import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'

export const databaseFile = (folder: string): string => join(folder, 'naru.db')
export const keyFile = (folder: string): string => join(folder, 'secret.key')
/** The key that is taking the other's place; there only while it does. */
export const nextKeyFile = (folder: string): string => join(folder, 'secret.key.next')
export const lockFile = (folder: string): string => join(folder, 'lock.db')
export const copiesFolder = (folder: string): string => join(folder, 'copies')

/** Makes the folder, for its owner alone, if there is none; one that is there keeps its mode. Throws `data.unwritable`, `data.full`. */
export function makeFolder(folder: string): void {
  inFolder(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  })
}

/**
 * Makes an empty file if there is none, and sees to it that only its owner may read it. A file that is there is
 * not opened: closing it would free the locks that SQLite holds on it in this process.
 */
export function makePrivateFile(folder: string, file: string): void {
  inFolder(folder, () => {
    try {
      closeSync(openSync(file, 'wx', 0o600))
      syncFolder(folder)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    // SQLite would open a file that it may not write to for reading only, and then lock nothing.
    accessSync(file, constants.R_OK | constants.W_OK)
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
  })
}

/** Makes what was created, renamed or removed in the folder outlive a loss of power. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Does something to the folder's files; what the system refuses comes out as `data.unwritable` or `data.full`. */
export function inFolder<R>(folder: string, action: () => R): R {
  try {
    return action()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new NaruError('data.full', { folder }, { cause: error })
    const reason = code === undefined ? undefined : refusals[code]
    if (reason !== undefined)
      throw new NaruError('data.unwritable', { folder, reason }, { cause: error })
    throw error
  }
}

const refusals: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'there is a file of that name',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its path is a circle of links',
  ENOENT: 'it cannot be made there',
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
