import { runProgram } from './program.ts'

/**
 * Removes a folder with everything in it, read-only trees too; fine if it is not there. By `rm`, which walks
 * by open folders: someone who may write in there cannot lead it elsewhere by swapping in a link.
 */
export async function removeTree(folder: string): Promise<void> {
  if ((await remove(folder)) === '') return
  // What may not be written must be made so first. Only folders: a file may have another name elsewhere.
  await runProgram('find', [folder, '-type', 'd', ...notOurs, '-exec', 'chmod', 'u+rwx', '{}', ';'])
  const reason = await remove(folder)
  if (reason !== '') throw new Error(`${folder} could not be removed: ${reason}`)
}

const notOurs = ['!', '-perm', '-700']

/** Removes several at once, as `removeTree` does. */
export async function removeTrees(folders: readonly string[]): Promise<void> {
  // So many to a call that no list of arguments gets too long.
  for (let at = 0; at < folders.length; at += 500) {
    const some = folders.slice(at, at + 500)
    const { code } = await runProgram('rm', ['-rf', '--', ...some])
    if (code !== 0) for (const folder of some) await removeTree(folder)
  }
}

/** Bytes on disk that a folder takes; 0 if it is not there. */
export async function treeBytes(folder: string): Promise<number> {
  const { stdout } = await runProgram('du', ['-skx', '--', folder])
  return (Number.parseInt(stdout.toString(), 10) || 0) * 1024
}

async function remove(folder: string): Promise<string> {
  const { code, stderr } = await runProgram('rm', ['-rf', '--', folder])
  return code === 0 ? '' : stderr.trim() || 'unknown reason'
}
