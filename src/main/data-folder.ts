import { access, chmod, constants, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NaruError } from '../base/error.ts'

/**
 * Makes the data folder and checks that it can be written. As root others may pass through it, since apps run
 * as a user of their own; what they may not see lies in folders that are closed to them.
 */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder)
    await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    await checkPrograms(folder)
  } catch (error) {
    const trouble = diskTrouble(folder, error)
    if (trouble instanceof NaruError) throw trouble
    throw new NaruError('data.unwritable', { folder, reason: reasonOf(error) }, { cause: error })
  }
}

/** What a disk that is full, or cannot be written, has refused in the data folder, in Naru's words; any other error as it is. */
export function diskTrouble(folder: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new NaruError('data.full', { folder }, { cause: error })
  if (code === 'EROFS')
    return new NaruError('data.unwritable', { folder, reason: reasonOf(error) }, { cause: error })
  return error
}

/** Where the system refuses the first folder on the way, Node.js says of the whole way that it is not there. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const parent = dirname(folder)
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error
    await makeFolder(parent)
    await mkdir(folder, { mode: 0o700 })
  }
}

/** What is installed into an app is started from here, and so is git's way to the token. Throws `data.noexec`. */
async function checkPrograms(folder: string): Promise<void> {
  const program = join(folder, `.program-${process.pid}`)
  try {
    await writeFile(program, '', { mode: 0o700 })
    await access(program, constants.X_OK)
  } catch (error) {
    if (codeOf(error) === 'EACCES') throw new NaruError('data.noexec', { folder }, { cause: error })
    throw error
  } finally {
    await rm(program, { force: true })
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
  ENOENT: 'it cannot be made there',
}

const reasonOf = (error: unknown): string =>
  reasons[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error))
