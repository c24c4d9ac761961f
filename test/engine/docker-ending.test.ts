import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Daemon } from '../../src/engine/docker/daemon.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
})

/** A daemon that answers every call with this. */
async function daemonThatSays(status: number, message: string): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-ending-'))
  endings.push(() => rmSync(folder, { recursive: true }))
  const socket = join(folder, 'docker.sock')
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ message }))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  endings.push(() => new Promise((resolve) => server.close(resolve)))
  return Daemon.open({ socket })
}

describe('a daemon that is ending', () => {
  it.each([
    [500, 'transport is closing: unavailable'],
    [503, 'the engine is shutting down'],
  ])('is away, though it answers %i %s', async (status, message) => {
    const daemon = await daemonThatSays(status, message)
    await expect(daemon.call((docker) => docker.ping())).rejects.toMatchObject({
      code: 'engine.unavailable',
      facts: { engine: 'docker', reason: message },
    })
  })

  it.each([
    [500, 'no space left on device'],
    [409, 'the name is taken: unavailable'],
  ])('is another one than one that refuses: %i %s', async (status, message) => {
    const daemon = await daemonThatSays(status, message)
    await expect(daemon.call((docker) => docker.ping())).rejects.toMatchObject({
      statusCode: status,
    })
  })
})
