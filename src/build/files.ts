import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../base/program.ts'
import type { Account } from './account.ts'

/** A program of the system for whole folders could not do its work. `message` is what it said. */
export class FilesError extends Error {
  override readonly name = 'FilesError'
}

/**
 * Makes a folder one that never changes again: as root it belongs to root, readable by the app's group
 * alone; else nobody may write. Links are left as they are and never followed.
 */
export async function freeze(folder: string, runAs: Account | null): Promise<void> {
  if (runAs === null) return run('chmod', ['-R', 'a-w', '--', folder])
  await run('chown', ['-hR', `0:${runAs.gid}`, '--', folder])
  await run('chmod', ['-R', 'u=rwX,g=rX,o=', '--', folder])
}

/** Lets the account that builds do what it likes with a folder. */
export async function thaw(folder: string, runAs: Account | null): Promise<void> {
  if (runAs !== null) await run('chown', ['-hR', `${runAs.uid}:${runAs.gid}`, '--', folder])
  await run('chmod', ['-R', 'u+rwX', '--', folder])
}

/** A second name for every file of a folder; the folders are new. `to` must not exist. */
export async function linkTree(from: string, to: string): Promise<void> {
  await run('cp', ['-al', '--', from, to])
}

/** A copy of a folder that shares nothing with it. `to` must not exist. */
export async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--', from, to])
}

/** Removes a file or folder, a frozen one too; one that is not there is fine. Links are not followed. */
export async function removeTree(path: string): Promise<void> {
  const first = await runProgram('rm', ['-rf', '--', path])
  if (first.code === 0) return
  // What may not be written must be made so first. Only folders: a file may have another name elsewhere.
  await openFolders(path)
  await run('rm', ['-rf', '--', path])
}

/** Space that a folder takes, in bytes; 0 for one that is not there. */
export async function treeBytes(folder: string): Promise<number> {
  const { stdout } = await runProgram('du', ['-skx', '--', folder])
  return Number.parseInt(stdout.toString(), 10) * 1024 || 0
}

async function openFolders(folder: string): Promise<void> {
  const { code, stderr } = await runProgram('find', [
    folder,
    '-type',
    'd',
    '!',
    '-perm',
    '-700',
    '-exec',
    'chmod',
    'u+rwx',
    '{}',
    ';',
  ])
  if (code !== 0) throw new FilesError(stderr)
}

async function run(program: string, args: string[]): Promise<void> {
  const { code, stderr } = await runProgram(program, args)
  if (code !== 0) throw new FilesError(`${program}: ${stderr.trim().slice(-2000)}`)
}

/** Whether there is something at a path, a link that leads nowhere too. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

/** Paths of what lies in a folder; none for one that is not there. */
export async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).map((name) => join(folder, name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
