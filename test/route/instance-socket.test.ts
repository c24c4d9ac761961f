import { type AddressInfo, createServer } from 'node:net'
import { Pool } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import {
  connectInstance,
  currentSocket,
  type InstanceSocket,
} from '../../src/route/builtin/plane/instance-socket.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
})

/** A pool to an app that answers each request with these bytes; `ends`: and then closes its connection. */
async function poolTo(bytes: string, ends: boolean): Promise<Pool> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => (ends ? socket.end(bytes) : socket.write(bytes)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connect: (options, callback) => connectInstance(options, callback, 3_000),
  })
  endings.push(() => pool.destroy())
  return pool
}

/** Asks for an answer and holds its connection at the first piece, for as long as `until` takes. */
function askHolding(pool: Pool, until: () => Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0
    let held: InstanceSocket | null = null
    pool.dispatch(
      { path: '/', method: 'GET' },
      {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_, chunk) => {
          received += chunk.length
          if (held !== null) return
          held = currentSocket()
          held?.hold()
          void until().then(() => held?.release())
        },
        onResponseEnd: () => resolve(received),
        onResponseError: (_, error) => reject(error),
      },
    )
  })
}

const aWhile = () => new Promise<void>((resolve) => setTimeout(resolve, 50))
const head = (length: number, more = '') =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${length}\r\n\r\n`

describe('a held connection to an instance', () => {
  it.each([1, 1_000, 5_000_000])(
    'gives all of %i bytes once it is released, though the app has closed it meanwhile',
    async (length) => {
      const closing = await poolTo(
        `${head(length, 'Connection: close\r\n')}${'x'.repeat(length)}`,
        true,
      )
      expect(await askHolding(closing, aWhile)).toBe(length)
      const unsaid = await poolTo(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(length)}`, true)
      expect(await askHolding(unsaid, aWhile)).toBe(length)
    },
  )

  it('hands out nothing before it is released', async () => {
    const pool = await poolTo(`${head(5_000_000)}${'x'.repeat(5_000_000)}`, false)
    let released = false
    const whole = askHolding(pool, () =>
      aWhile().then(() => {
        released = true
      }),
    )
    expect(await whole).toBe(5_000_000)
    expect(released).toBe(true)
  })

  it('fails when nobody listens at its address', async () => {
    const pool = new Pool('http://127.0.0.1:1', {
      connect: (options, callback) => connectInstance(options, callback, 3_000),
    })
    endings.push(() => pool.destroy())
    await expect(askHolding(pool, aWhile)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
