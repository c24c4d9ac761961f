import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { runProgram } from '../base/program.ts'
import type { Account } from './account.ts'
import { calmly } from './urgency.ts'

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
  await run('chmod', ['-R', frozenForGroup, '--', folder])
}

const frozenForGroup = 'u=rwX,g=rX,o='

/** Freezes a folder as root but for what lies below these paths in it, where all is frozen already: to say it again takes as long. */
export async function freezeAround(
  folder: string,
  { gid }: Account,
  frozen: readonly string[],
): Promise<void> {
  if (frozen.length === 0) return freeze(folder, { uid: 0, gid })
  // `-path` takes a pattern.
  const paths = frozen.map((path) => join(folder, path).replace(/[*?[\]\\]/g, '\\$&'))
  const skip = [
    '(',
    ...paths.flatMap((path) => ['-o', '-path', path]).slice(1),
    ')',
    '-prune',
    '-o',
  ]
  await run('find', [folder, ...skip, '-exec', 'chown', '-h', `0:${gid}`, '{}', '+'])
  // Unlike in a walk of its own, chmod would follow a link that is named.
  await run('find', [
    folder,
    ...skip,
    '!',
    '-type',
    'l',
    '-exec',
    'chmod',
    frozenForGroup,
    '{}',
    '+',
  ])
}

/** Lets its owner put something into and take it from the folders of a frozen tree. Its files stay as they are: they have other names. */
export async function openFolders(folder: string): Promise<void> {
  await run('find', [folder, '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+'])
}

/** Lets the account that builds do what it likes with a folder that was frozen. */
export async function thaw(folder: string, runAs: Account | null): Promise<void> {
  // Frozen by root, its owner may do everything with it already.
  if (runAs === null) await run('chmod', ['-R', 'u+rwX', '--', folder])
  else await run('chown', ['-hR', `${runAs.uid}:${runAs.gid}`, '--', folder])
}

/** A second name for every file of a folder; the folders are new. `to` must not exist. */
export async function linkTree(from: string, to: string): Promise<void> {
  await run('cp', ['-al', '--', from, to])
}

/** A copy of a folder that shares nothing with it. `to` must not exist. */
export async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--', from, to])
}

/** The same behind the apps, for what nobody waits for; leaves half a copy when `signal` aborts, and throws. */
export async function copyTreeCalmly(from: string, to: string, signal: AbortSignal): Promise<void> {
  const [program = 'cp', ...args] = [...calmly, 'cp', '-a', '--', from, to]
  await run(program, args, signal)
}

/** Moves a folder, to another disk too. `to` must not exist. */
export async function moveTree(from: string, to: string): Promise<void> {
  await run('mv', ['--', from, to])
}

async function run(program: string, args: string[], signal?: AbortSignal): Promise<void> {
  const { code, stderr } = await runProgram(program, args, signal === undefined ? {} : { signal })
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

/** Whether a path is there and lies in a folder, whatever links are on the way. */
export async function isInside(folder: string, path: string): Promise<boolean> {
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(path)])
    return relative(root, real).split(sep)[0] !== '..'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return false
    throw error
  }
}
