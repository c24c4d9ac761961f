import { type Agent, request } from 'node:http'
import { type Answers, alivePath, type Call, elderAlivePath, type Refusal } from './protocol.ts'
import { ownName, socketPath } from './socket-path.ts'

/** The router understood the call and said no. */
export class CallRefused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.reason)
  }
}

type CallOptions = {
  body?: unknown
  timeoutMs: number
  /** Process id; the router that serves where it is left out. */
  elder?: number
  /** Connections to use again: to open one costs a busy router a round of all its visitors. */
  kept?: Agent
}

/**
 * One call to a router; it may be made twice when a kept connection breaks. Rejects with `CallRefused`, or with another
 * error when the router could not be asked.
 */
export function callRouter<C extends Call>(
  folder: string,
  call: C,
  options: CallOptions,
): Promise<Answers[C]> {
  const { kept, ...afresh } = options
  const { body, timeoutMs, elder } = afresh
  const [method, path] = call.split(' ')
  return new Promise((resolve, reject) => {
    const asking = request(
      { socketPath: pathOf(folder, elder), method, path, agent: kept ?? false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          try {
            const said: unknown = JSON.parse(Buffer.concat(chunks).toString())
            if (response.statusCode === 200) resolve(said as Answers[C])
            else reject(new CallRefused(response.statusCode ?? 0, said as Refusal))
          } catch (error) {
            reject(error)
          }
        })
      },
    )
    asking.setTimeout(timeoutMs, () =>
      asking.destroy(new RouterSilent(`no answer to ${call} for ${timeoutMs} ms`)),
    )
    asking.on('error', (error) => {
      const isStale = asking.reusedSocket && !(error instanceof RouterSilent)
      if (isStale) resolve(callRouter(folder, call, afresh))
      else reject(error)
    })
    asking.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** The router's socket is there, but it does not answer. */
export class RouterSilent extends Error {}

/** An open connection to a living router. */
export type Line = {
  /** Resolves when the connection breaks, which means that the process has ended. */
  broken: Promise<void>
  hangUp(): void
}

/** Opens a connection that breaks the moment the router's process ends, or hands over; to an `elder`: ends. */
export function openLine(folder: string, elder?: number): Promise<Line> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        socketPath: pathOf(folder, elder),
        path: elder === undefined ? alivePath : elderAlivePath,
        agent: false,
      },
      (response) => {
        response.resume()
        response.on('error', () => {}) // Its 'close' follows.
        const broken = new Promise<void>((close) => response.once('close', close))
        resolve({ broken, hangUp: () => asking.destroy() })
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}

const pathOf = (folder: string, elder: number | undefined): string =>
  elder === undefined ? socketPath(folder) : socketPath(folder, ownName(elder))
