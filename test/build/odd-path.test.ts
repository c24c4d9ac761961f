import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type Bench, makeBench, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

let bench: Bench
afterEach(() => bench.remove())

/** Where somebody may well have put their data, with all that a shell and a first line of a script trip over. */
const odd = `it's "mine" & $HOME's 나루`

test.each([
  ['Flask by gunicorn', 'python-requirements'],
  ['Flask of a package', 'python-pyproject'],
])(
  'a Python app is built and started below a path with quotes, spaces and a dollar sign: %s',
  async (_how, fixture) => {
    bench = await makeBench(fixture, null)
    const others = bench.workshop.folders
    const folders = {
      ...others,
      dependencies: join(bench.folder, odd, 'dependencies'),
      slugs: join(bench.folder, odd, 'slugs'),
    }
    // Anew, and from the cache.
    for (const round of ['first', 'second']) {
      await bench.write('round.txt', round)
      const { artifact } = await bench.build({ workshop: { folders } })
      expect(await answerOf(artifact.folder, String(artifact.services['web']))).toMatch(/^Hello/)
    }
  },
  120_000,
)

/** What the app says when it is started as the engine starts it. */
async function answerOf(folder: string, command: string): Promise<string> {
  const port = await freePort()
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: folder,
    detached: true,
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port) },
  })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => said.push(data))
  const ended = new Promise<never>((_, reject) =>
    child.once('exit', () => reject(new Error(`it ended:\n${Buffer.concat(said)}`))),
  )
  ended.catch(() => {}) // Only told while an answer is waited for.
  try {
    return await Promise.race([ended, answer(`http://127.0.0.1:${port}/`)])
  } finally {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
  }
}

async function answer(url: string): Promise<string> {
  for (;;) {
    const response = await fetch(url).catch(() => null) // Not listening yet, which ends the wait or the program.
    if (response !== null) return response.text()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
