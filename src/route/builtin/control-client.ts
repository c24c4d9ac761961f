import { request } from 'node:http'
import { type Answers, alivePath, type Call, type Refusal } from './protocol.ts'
import { socketPath } from './socket-path.ts'

/** The router understood the call and said no. */
export class CallRefused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.reason)
  }
}

/** One call on the control socket. Rejects with `CallRefused`, or with another error when the router could not be asked. */
export function callRouter<C extends Call>(
  folder: string,
  call: C,
  { body, timeoutMs }: { body?: unknown; timeoutMs: number },
): Promise<Answers[C]> {
  const [method, path] = call.split(' ')
  return new Promise((resolve, reject) => {
    const asking = request(
      { socketPath: socketPath(folder), method, path, agent: false },
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
    asking.on('error', reject)
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

/** Opens a connection that breaks the moment the router's process ends. */
export function openLine(folder: string): Promise<Line> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { socketPath: socketPath(folder), path: alivePath, agent: false },
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
