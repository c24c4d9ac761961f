import { lstat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runProgram } from '../base/program.ts'
import { removeTree } from '../base/tree.ts'
import { copyTree, entries, FilesError, linkTree } from './files.ts'

/**
 * A second name for every file of a folder that steps will go on working in. What package managers write anew in place
 * when they remove something, the hidden files beside the packages, gets a copy.
 */
export async function shareTree(from: string, to: string): Promise<void> {
  await linkTree(from, to)
  for (const path of await entries(to)) {
    const name = basename(path)
    if (!name.startsWith('.') || ofPackages.has(name)) continue
    await removeTree(path)
    await copyTree(join(from, name), path)
  }
}

/** Where pnpm keeps all packages, and the programs of all. */
const ofPackages = new Set(['.pnpm', '.bin'])

/** Notes the moment, by the clock of the disk, in a file. All that is written after this returns is later than it. */
export async function stampMoment(file: string): Promise<void> {
  await writeFile(file, '')
  const { mtimeMs } = await lstat(file)
  const next = `${file}.next`
  // That clock goes in ticks of some milliseconds: what follows must be in another one.
  do await writeFile(next, '')
  while ((await lstat(next)).mtimeMs <= mtimeMs)
  await removeTree(next)
}

/**
 * Whether files of a folder were touched under whatever name since a moment. That another name of one went, which is what
 * removing a package does, changes nothing of it.
 */
export async function wereTouched(folder: string, moment: string): Promise<boolean> {
  const { code, stdout, stderr } = await runProgram('find', [
    folder,
    ...['!', '-type', 'd', '-newercm', moment],
    ...['(', '-newermm', moment, '-o', '-links', '+1', ')'],
    '-print',
  ])
  if (code !== 0 && stdout.length === 0) throw new FilesError(`find: ${stderr.trim().slice(-2000)}`)
  return stdout.length > 0
}
