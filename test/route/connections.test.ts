import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Connections } from '../../src/route/builtin/plane/connections.ts'
import { until } from '../support/naru.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
})

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** An app that answers nobody before it is told to; its open connections, and how many there ever were. */
async function app() {
  const open = new Set<Socket>()
  const asked: Socket[] = []
  let ever = 0
  const server = createServer((socket) => {
    ever += 1
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('data', () => asked.push(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    ...{ port, open, asked },
    ever: () => ever,
    /** Answers everybody who waits, as soon as they are so many. */
    answer: async (count: number) => {
      await until(() => asked.length >= count, `${count} requests at the app`)
      for (const socket of asked.splice(0)) socket.write(answer)
    },
  }
}

function connectionsTo(port: number, keepAliveTimeout = 60_000): Connections {
  const connections = new Connections(`http://127.0.0.1:${port}`, { keepAliveTimeout })
  endings.push(() => connections.close())
  return connections
}

/** Resolves with the status, or rejects with why there was none. */
function ask(
  connections: Connections,
  path = '/',
  how: 'dispatch' | 'dispatchAfresh' = 'dispatch',
): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0
    connections[how](
      { path, method: 'GET' },
      {
        onConnect: () => {},
        onHeaders: (said) => {
          status = said
          return true
        },
        onData: () => true,
        onComplete: () => resolve(status),
        onError: reject,
      },
    )
  })
}

const several = (count: number, what: () => Promise<number>) =>
  Promise.all(Array.from({ length: count }, what))

describe('the connections to an instance', () => {
  it('are as many as there are requests at once, and are used again', async () => {
    const { port, ever, answer } = await app()
    const connections = connectionsTo(port)
    for (let turn = 0; turn < 5; turn++) {
      const asking = several(3, () => ask(connections))
      await answer(3)
      expect(await asking).toEqual([200, 200, 200])
      await setImmediate() // The answer is told of before its connection is free.
      expect(connections.size).toBe(3)
    }
    expect(ever()).toBe(3)
  })

  it('that a burst opened are forgotten when they have rested for long enough', async () => {
    const { port, open, answer } = await app()
    const connections = connectionsTo(port, 200)
    const asking = several(20, () => ask(connections))
    await answer(20)
    await asking
    await until(() => connections.size === 0 && open.size === 0, 'no connection left')
  })

  it('that the app closes are forgotten, and others are opened', async () => {
    const { port, open, answer } = await app()
    const connections = connectionsTo(port)
    const first = ask(connections)
    await answer(1)
    await first
    for (const socket of open) socket.end()
    await until(() => connections.size === 0, 'no connection left')
    const second = ask(connections)
    await answer(1)
    expect(await second).toBe(200)
  })

  it('are none for a request that cannot be sent, or where nobody listens', async () => {
    const { port, ever } = await app()
    const connections = connectionsTo(port)
    await expect(ask(connections, '/a b')).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' })
    await until(() => connections.size === 0, 'nothing left of what was refused')
    expect(ever()).toBe(0)
    const nowhere = connectionsTo(1)
    await expect(ask(nowhere)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await until(() => nowhere.size === 0, 'nothing left of what did not come about')
  })

  it('are closed with the answers that are due', async () => {
    const { port, open, answer } = await app()
    const connections = connectionsTo(port)
    const asking = ask(connections)
    await until(() => open.size === 1, 'a connection')
    connections.close()
    await answer(1)
    expect(await asking).toBe(200)
    await until(() => open.size === 0, 'no connection left')
  })

  it('do not count one that is opened for one request', async () => {
    const { port, open, ever, answer } = await app()
    const connections = connectionsTo(port)
    const first = ask(connections)
    await answer(1)
    await first
    const afresh = ask(connections, '/', 'dispatchAfresh')
    await answer(1)
    expect(await afresh).toBe(200)
    expect(ever()).toBe(2)
    await until(() => open.size === 1, 'the other one closed')
    expect(connections.size).toBe(1)
  })
})
