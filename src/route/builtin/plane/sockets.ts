import { unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect, type ListenOptions } from 'node:net'
import { alreadyRunning } from '../protocol.ts'

/** Resolves when the server listens; rejects with the system's error. */
export function listenAt(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Listens on a Unix socket, over one that a dead process left. Rejects with `ALREADY_RUNNING` if somebody answers there. */
export async function claimSocket(server: Server, path: string): Promise<void> {
  try {
    await listenAt(server, { path })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    if (await answers(path))
      throw Object.assign(new Error('another router serves this folder'), { code: alreadyRunning })
    await unlink(path)
    await listenAt(server, { path })
  }
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
