import { readlinkSync } from 'node:fs'
import { readdir, rename, stat, symlink, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { controlName, ownName, pidOfName, socketPath } from '../socket-path.ts'

/** Makes the folder's control socket lead to the router of this process id, at one stroke: from now on it is the one that serves. */
export async function takeControl(folder: string, pid: number): Promise<void> {
  const aside = join(folder, `${controlName}.${pid}`)
  await removed(aside)
  await symlink(ownName(pid), aside)
  await rename(aside, join(folder, controlName))
}

/** Process id of the router that the control socket leads to, alive or not; null if it leads to none. No disk is waited for. */
export function controlHolder(folder: string): number | null {
  try {
    return pidOfName(readlinkSync(join(folder, controlName)))
  } catch {
    return null // None yet, or the plain socket of a router before version 2.
  }
}

/** Takes the control socket away, if it leads to this router. */
export async function leaveControl(folder: string, pid: number): Promise<void> {
  if (controlHolder(folder) === pid) await removed(join(folder, controlName))
}

/** Process ids of the other routers of this folder that are alive, oldest first; what dead ones left is removed. */
export async function otherRouters(folder: string, own: number): Promise<number[]> {
  const pids = (await readdir(folder)).map(pidOfName).filter((pid) => pid !== null && pid !== own)
  const alive: { pid: number; sinceMs: number }[] = []
  for (const pid of pids as number[]) {
    const path = join(folder, ownName(pid))
    const sinceMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    ) // It has just ended.
    if (sinceMs === null) continue
    if (await answers(socketPath(folder, ownName(pid)))) alive.push({ pid, sinceMs })
    else await removed(path)
  }
  return alive.sort((a, b) => a.sinceMs - b.sinceMs).map(({ pid }) => pid)
}

/** Whether a process listens on this socket, even one that hangs. */
export const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

export const removed = (path: string): Promise<void> => unlink(path).catch(() => {}) // It is gone already.
