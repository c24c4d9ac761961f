import { createServer } from 'node:net'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import { portHolder } from '../../base/port-holder.ts'
import { programDigest } from '../../base/program-digest.ts'
import { descriptorOf } from './plane/sockets.ts'
import { type Supervised, startSupervised } from './supervisor.ts'

export type StartOptions = { folder: string; program: string; http: { host: string; port: number } }

/** Under load a quarter less memory (82 MB for 111 MB) at no measurable cost: what a request leaves behind is dead at once. */
const nodeOptions = ['--max-semi-space-size=4']
/** Visitors who come while no router accepts: as many wait as the system lets. */
const backlog = 4_096

/** A router that ended before it listened, or was not given its address. */
export class StartFailed extends Error {
  constructor(
    readonly code: string,
    reason: string,
  ) {
    super(reason)
  }
}

/**
 * Starts the data plane under a supervisor, as processes that outlive this one, and returns its process id when it
 * listens. Rejects with `StartFailed`; then nothing of it is left.
 */
export async function startRouter(options: StartOptions): Promise<number> {
  const { report } = await supervise(options)
  const said = await report
  if (said === null)
    throw new StartFailed('', 'it was not ready in time, or ended before it listened')
  if (!said.listening) throw new StartFailed(said.code, said.reason)
  return said.pid
}

/** What starts the router, arguments and all, on a socket that it is given. */
export const commandOf = ({ folder, program, http }: StartOptions, digest: string): string[] => [
  ...[process.execPath, ...nodeOptions, program],
  ...['--supervised', '--folder', folder, '--host', http.host, '--port', String(http.port)],
  ...['--program', digest],
]

/** Changes with the router's program and with the Node.js that runs it. */
export const digestOf = (program: string): string => programDigest([program], nodeOptions)

/** Takes the address here, so that a supervisor inherits it. */
function supervise(options: StartOptions): Promise<Supervised> {
  const { folder, program, http } = options
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartFailed(error.code ?? '', error.message)),
    )
    // In one go: not a single visitor is accepted here.
    server.listen({ ...http, backlog }, () => {
      try {
        const command = commandOf(options, digestOf(program))
        resolve(startSupervised({ folder, command, socket: descriptorOf(server) }))
      } catch (error) {
        reject(error)
      } finally {
        server.close()
      }
    })
  })
}

/** What a failed start means for the person who starts Naru. */
export async function problemOf(error: unknown, { folder, http }: StartOptions): Promise<unknown> {
  if (!(error instanceof StartFailed)) return error
  if (error.code !== 'EADDRINUSE')
    return new NaruError(
      'server.start-failed',
      { log: join(folder, 'router.log') },
      { cause: error },
    )
  const name = http.host.includes(':') ? `[${http.host}]` : http.host
  const holder = await portHolder(http.port)
  const facts = { address: `${name}:${http.port}`, flag: '--http', holder }
  return new NaruError('server.port-taken', facts, { cause: error })
}
