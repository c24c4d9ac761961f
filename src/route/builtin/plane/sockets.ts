import type { Server } from 'node:http'
import { type ListenOptions, Server as NetServer } from 'node:net'
import { alreadyRunning, listeningFd } from '../protocol.ts'
import { controlName, ownName, socketPath } from '../socket-path.ts'
import { answers, controlHolder, removed } from './generations.ts'

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

/** Takes no new connections; what is open lives on, and every next answer on it is its last. */
export function stopAccepting(server: Server): void {
  // `close` of an HTTP server would cut idle connections under the feet of who has just sent a request.
  NetServer.prototype.close.call(server)
}

/** Descriptor of a listening server's socket in this process. */
export function descriptorOf(server: NetServer): number {
  const { _handle: handle } = server as unknown as { _handle: { fd: number } | null }
  if (handle === null || !(handle.fd >= 0)) throw new Error('it does not listen')
  return handle.fd
}

/**
 * Listens on the own socket of this router. Rejects with `ALREADY_RUNNING` if another than the one of process id `after`,
 * which hands over, serves the folder.
 */
export async function claimSocket(server: Server, folder: string, after: number): Promise<void> {
  if (await answers(socketPath(folder, controlName))) {
    const holder = controlHolder(folder)
    if (holder === null || (holder !== after && holder !== process.pid))
      throw Object.assign(new Error('another router serves this folder'), { code: alreadyRunning })
  }
  const path = socketPath(folder, ownName(process.pid))
  await removed(path) // A dead process had this number.
  await listenAt(server, { path })
}

/** The listening socket that a supervisor passed on. */
export const inherited = { fd: listeningFd } as ListenOptions // Node's types know it by another name.
