import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Route } from '../../src/model/route.ts'

export type Backend = {
  id: string
  host: string
  port: number
  server: Server
  close(): Promise<void>
}

let backends = 0

/** A real app in this process. */
export async function backend(
  answer: RequestListener,
  id = `instance-${++backends}`,
): Promise<Backend> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { id, host: '127.0.0.1', port, server, close }
}

export type BackendProgram = { id: string; host: string; port: number; child: ChildProcess }

/** A real app in a process of its own, which can be killed. It answers with its id. */
export function backendProgram(id: string): Promise<BackendProgram> {
  const code = `require('node:http')
    .createServer((request, response) => setTimeout(() => response.end(${JSON.stringify(id)}), 5))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', (line: Buffer) =>
      resolve({ id, host: '127.0.0.1', port: Number(line.toString()), child }),
    )
  })
}

/** A route of the app `shop` to these instances, all of release 1. */
export function routeTo(
  instances: readonly { id: string; host: string; port: number }[],
  more: Partial<Route> = {},
): Route {
  return {
    host: 'shop.test',
    path: '/',
    app: 'shop',
    environment: 'production',
    service: 'web',
    page: 'down',
    backends: [
      {
        release: 1,
        weight: 1,
        instances: instances.map(({ id, host, port }) => ({ id, host, port })),
      },
    ],
    ...more,
  }
}

/** A port that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const { port, close } = await backend(() => {})
  await close()
  return port
}
