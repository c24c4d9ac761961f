import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Log } from '../../src/base/log.ts'
import { type BuiltinRouter, builtinRouter } from '../../src/route/builtin/builtin-router.ts'
import type { StartOptions } from '../../src/route/builtin/start.ts'
import { until as eventually, processesOf } from '../support/naru.ts'
import { backend, freePort } from './backend.ts'
import { until } from './visitor.ts'

export type Started = { router: BuiltinRouter; folder: string; port: number }

/** Bundles a program as it is shipped: one file. */
export const bundle = (entry: string, outfile: string) =>
  build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  })

/** Real routers in a folder of this test file's own; after each test they are ended, and in the end none may be left. */
export class Lab {
  readonly root = mkdtempSync(join(tmpdir(), 'naru-route-'))
  readonly program = join(this.root, 'router.cjs')
  readonly endings: (() => unknown)[] = []
  /** What the servers had to say since the test began. */
  readonly said: string[] = []
  readonly log: Log = {
    info: (message) => void this.said.push(message),
    warn: (message) => void this.said.push(message),
    error: (message) => void this.said.push(message),
  }
  readonly #made: string[] = []
  #folders = 0

  constructor() {
    beforeAll(() => bundle('src/main/router.ts', this.program))
    afterEach(async () => {
      for (const end of this.endings.splice(0).toReversed()) await end()
      this.said.length = 0
    })
    afterAll(async () => {
      await eventually(
        () => processesOf(this.root).length === 0,
        'every process to be gone',
        15_000,
      )
      const crashes = this.#crashes()
      rmSync(this.root, { recursive: true, force: true })
      expect(crashes).toEqual([])
    })
  }

  newFolder(name = 'router'): string {
    const folder = join(this.root, String(++this.#folders), name)
    this.#made.push(folder)
    return folder
  }

  async start({
    folder = this.newFolder(),
    port = 0,
    host = '127.0.0.1',
    program = this.program,
  } = {}): Promise<Started> {
    const at = port === 0 ? await freePort() : port
    const options: StartOptions = { folder, program, http: { host, port: at } }
    const router = await builtinRouter({ ...options, log: this.log })
    this.endings.push(() => router.shutdown())
    return { router, folder, port: at }
  }

  /** What a router said that ended because of a mistake of its own. */
  #crashes(): string[] {
    return this.#made
      .map((folder) => join(folder, 'router.log'))
      .filter((log) => existsSync(log))
      .flatMap((log) => readFileSync(log, 'utf8').split('\n'))
      .filter((line) => line.includes('"router failed"'))
  }

  /** An app that always says the same. */
  async says(text: string) {
    const made = await backend((_, response) => response.end(text), text)
    this.endings.push(made.close)
    return made
  }

  /** An app that says what it is sent, over an upgraded connection. */
  async echo() {
    const made = await backend(() => {})
    this.endings.push(made.close)
    made.server.on('upgrade', (_, socket) => {
      socket.on('error', () => {})
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
      )
      socket.pipe(socket)
    })
    return made
  }

  async upgraded(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    this.endings.push(() => socket.destroy())
    const head = until(socket, 'hello')
    socket.write(
      'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    await head
    return socket
  }
}

/** Whether what is written on an upgraded connection comes back. */
export async function echoes(socket: Socket, word: string): Promise<boolean> {
  const answer = until(socket, word)
  socket.write(word)
  return (await answer) === word
}

/** Resolves when the router serves again. */
export const served = (router: BuiltinRouter) =>
  new Promise<void>((resolve) => {
    const forget = router.watch(() => {
      forget()
      resolve()
    })
  })
