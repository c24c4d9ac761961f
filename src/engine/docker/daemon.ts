import type Dockerode from 'dockerode'
import { type DaemonInfo, dockerSocket, whyApart } from '../../base/docker-socket.ts'
import { NaruError } from '../../base/error.ts'

export type DaemonOptions = {
  /** Path of its socket; default: what DOCKER_HOST says, else `/var/run/docker.sock`. */
  socket?: string
}

/** Who is asked for it waits to begin. */
const versionWithinMs = 3_000
/** How long a call may take that does no work to speak of. */
const deadlineMs = 10_000

/**
 * The Docker Engine that this machine runs. A daemon that is gone, or hangs, is one error and never a wait: `engine.unavailable`.
 * Its library is loaded when the first of these is made.
 */
export class Daemon {
  private constructor(
    readonly docker: Dockerode,
    readonly socket: string,
  ) {}

  /** Connects with the first call. Throws `engine.unavailable` for a DOCKER_HOST that is no socket of this machine. */
  static async open(options: DaemonOptions = {}): Promise<Daemon> {
    const socket = options.socket ?? socketOf(process.env.DOCKER_HOST)
    const { default: Docker } = await import('dockerode')
    return new Daemon(new Docker({ socketPath: socket }), socket)
  }

  /** That of the engine which answers there. Throws `engine.unavailable`, also for one whose containers cannot be reached from here. */
  static async version(options: DaemonOptions = {}): Promise<string> {
    const daemon = await Daemon.open(options)
    const info = (await daemon.call((docker) => docker.info(), versionWithinMs)) as DaemonInfo
    const reason = whyApart(info, process.platform)
    if (reason !== null) throw unavailable(reason)
    return info.ServerVersion
  }

  /**
   * One call. Throws `engine.unavailable` where nobody answers in time, and the daemon's own refusals as they are:
   * `isStatus` tells them apart.
   */
  async call<T>(
    work: (docker: Dockerode, signal: AbortSignal) => Promise<T>,
    withinMs = deadlineMs,
  ): Promise<T> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), withinMs)
    const deadline = new Promise<never>((_, reject) =>
      late.signal.addEventListener('abort', () =>
        reject(unavailable(`no answer within ${withinMs / 1000} s`)),
      ),
    )
    try {
      const answer = work(this.docker, late.signal)
      answer.catch(() => {}) // After the deadline nobody waits for it any more.
      return await Promise.race([answer, deadline])
    } catch (error) {
      throw translated(error)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Whether it is an answer of the daemon's with one of these HTTP statuses: 404 for what is gone, 304 for what is so already. */
export const isStatus = (error: unknown, ...statuses: number[]): boolean =>
  error instanceof Error &&
  'statusCode' in error &&
  typeof error.statusCode === 'number' &&
  statuses.includes(error.statusCode)

/** The daemon's own words for a refusal. */
export function refusalOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = 'json' in error ? (error.json as { message?: unknown } | null)?.message : undefined
  return typeof said === 'string' ? said : error.message
}

function socketOf(host: string | undefined): string {
  const path = dockerSocket(host)
  if (path === undefined) throw unavailable(`DOCKER_HOST is ${host}, not a socket of this machine`)
  return path
}

const unavailable = (reason: string, options?: ErrorOptions): NaruError =>
  new NaruError('engine.unavailable', { engine: 'docker', reason }, options)

const why: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket',
  ECONNREFUSED: 'nobody listens on its socket',
  EACCES: 'this user may not use its socket',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
}

/** What the system says of a daemon that is gone, as `engine.unavailable`; everything else as it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Error) || 'statusCode' in error) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const reason = why[code]
  return reason === undefined ? error : unavailable(reason, { cause: error })
}
