import { once } from 'node:events'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { NaruError } from '../../src/base/error.ts'
import { channels, firstRoomBytes } from '../../src/contract/command-messages.ts'
import type { CommandWish } from '../../src/deploy/commands.ts'
import type { OpenCommand, TerminalSize } from '../../src/engine/engine.ts'
import { home, type Rig, startShop, token } from './rig.ts'

/** A command in memory: what it was asked, and its streams in the test's hands. */
function fakeCommand() {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let exit: (how: { code: number | null; signal: string | null }) => void = () => {}
  const seen = {
    wishes: [] as CommandWish[],
    sizes: [] as TerminalSize[],
    signals: [] as string[],
    ends: [] as number[],
  }
  const running: OpenCommand = {
    input,
    output,
    errors,
    resize: (size) => void seen.sizes.push(size),
    signal: (signal) => void seen.signals.push(signal),
    ended: new Promise((resolve) => {
      exit = resolve
    }),
    end: async (graceSeconds) => {
      seen.ends.push(graceSeconds)
    },
  }
  return { ...seen, input, output, errors, exit, running }
}

async function served(): Promise<{ rig: Rig; command: ReturnType<typeof fakeCommand> }> {
  const rig = await startShop()
  const command = fakeCommand()
  rig.openCommand = async (_place, wish) => {
    command.wishes.push(wish)
    return { release: 4, running: command.running }
  }
  return { rig, command }
}

/** Connects, and collects what is said. */
async function connected({ address }: Rig) {
  const socket = new WebSocket(`${address.replace('http', 'ws')}${home}/run`, {
    headers: { authorization: `Bearer ${token}` },
  })
  onTestFinished(() => socket.terminate())
  const said: unknown[] = []
  const bytes: Record<number, string> = {}
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) bytes[data[0] ?? 9] = (bytes[data[0] ?? 9] ?? '') + data.subarray(1).toString()
    else said.push(JSON.parse(data.toString()))
  })
  await once(socket, 'open')
  const closed = once(socket, 'close')
  const tell = (message: unknown) => socket.send(JSON.stringify(message))
  const saw = async (what: object) => {
    while (
      !said.some((message) => JSON.stringify(message).includes(JSON.stringify(what).slice(1, -1)))
    )
      await once(socket, 'message')
  }
  return { socket, said, bytes, tell, saw, closed }
}
/** Until it was asked to end. */
async function ended({ ends }: { ends: number[] }): Promise<void> {
  while (ends.length === 0) await nextTurn()
}
const input = (text: string | Buffer) =>
  Buffer.concat([Buffer.of(channels.input), Buffer.from(text)])
const begin = { begin: { command: ['ls', '-l'], terminal: null } }

describe('a command over a WebSocket', () => {
  it('is begun as it was asked for, and its streams and its end are passed on', async () => {
    const { rig, command } = await served()
    const { tell, saw, bytes, said, socket, closed } = await connected(rig)
    tell(begin)
    await saw({ begun: { release: 4 } })
    expect(command.wishes).toEqual([{ command: ['ls', '-l'], terminal: null, within: null }])
    socket.send(input('typed'))
    expect(String((await once(command.input, 'data'))[0])).toBe('typed')
    await saw({ room: 5 })
    tell({ resize: { columns: 100, rows: 30 } })
    tell({ signal: 'SIGINT' })
    tell({ inputEnds: true })
    await once(command.input, 'end')
    expect(command.sizes).toEqual([{ columns: 100, rows: 30 }])
    expect(command.signals).toEqual(['SIGINT'])
    command.output.end('out')
    command.errors.end('bad')
    command.exit({ code: 3, signal: null })
    await closed
    expect(bytes).toEqual({ [channels.output]: 'out', [channels.errors]: 'bad' })
    expect(said.at(-1)).toEqual({ ended: { code: 3, signal: null } })
  })

  it('is ended when whoever runs it has gone', async () => {
    const { rig, command } = await served()
    const { tell, saw, socket } = await connected(rig)
    tell(begin)
    await saw({ begun: { release: 4 } })
    socket.terminate()
    await ended(command)
    expect(command.ends).toEqual([5])
  })

  it('says in words why it cannot be begun', async () => {
    const { rig } = await served()
    rig.openCommand = async ({ app, environment }) => {
      throw new NaruError('run.no-release', { app, environment })
    }
    const { tell, said, closed } = await connected(rig)
    tell(begin)
    await closed
    expect(said).toMatchObject([{ failure: { code: 'run.no-release', hint: expect.any(String) } }])
  })

  it('is refused, and ended, where a message is not understood', async () => {
    const { rig, command } = await served()
    const bad = [
      'no JSON',
      '{}',
      JSON.stringify({ begin: { command: [], terminal: null } }),
      JSON.stringify({ begin: { command: '', terminal: null } }),
      JSON.stringify({ begin: { command: ['a\0b'], terminal: null } }),
      JSON.stringify({ begin: { command: ['a'], terminal: { columns: 0, rows: 1, kind: 'x' } } }),
      JSON.stringify({ begin: { command: ['a'], terminal: { columns: 1, rows: 1, kind: 'x y' } } }),
      JSON.stringify({ signal: 'SIGSTOP' }),
    ]
    for (const message of bad) {
      const { socket, said, closed } = await connected(rig)
      socket.send(message)
      await closed
      expect(said).toMatchObject([{ failure: { code: 'request.invalid' } }])
    }
    expect(command.wishes).toEqual([])
    const twice = await connected(rig)
    twice.tell(begin)
    twice.tell(begin)
    await twice.closed
    expect(command.wishes).toHaveLength(1)
    await ended(command)
  })

  it('is ended where more input comes than there was room for', async () => {
    const { rig, command } = await served()
    const { tell, saw, socket, said, closed } = await connected(rig)
    tell(begin)
    await saw({ begun: { release: 4 } })
    for (let sent = 0; sent <= firstRoomBytes; sent += 32_768)
      socket.send(input(Buffer.alloc(32_768)))
    await closed
    expect(said.at(-1)).toMatchObject({ failure: { code: 'request.invalid' } })
    await ended(command)
  })

  it('is for those who may, and no other request is taken for one', async () => {
    const { rig } = await served()
    const refused = (headers: Record<string, string>, path = `${home}/run`) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${rig.address.replace('http', 'ws')}${path}`, { headers })
        socket.on('error', () => {}) // It is refused, as it should be.
        socket.once('unexpected-response', (request, response) => {
          request.destroy()
          resolve(response.statusCode ?? 0)
        })
        socket.once('open', () => resolve(101))
      })
    const known = { authorization: `Bearer ${token}` }
    expect(await refused({})).toBe(401)
    expect(await refused({ authorization: 'Bearer wrong' })).toBe(401)
    expect(await refused(known, '/v1/apps/nope/environments/production/run')).toBe(404)
    expect(await refused(known, '/v1/apps/shop/environments/nope/run')).toBe(404)
    expect(await refused(known, '/v1/nowhere')).toBe(404)
    const answer = await fetch(`${rig.address}${home}/run`, { headers: known })
    expect(answer.status).toBe(400)
  })

  it('is broken off when the server ends, and keeps it from nothing', async () => {
    const { rig, command } = await served()
    const { tell, saw, closed } = await connected(rig)
    tell(begin)
    await saw({ begun: { release: 4 } })
    await rig.api.close()
    await closed
    await ended(command)
  })
})

describe('a request that offers HTTP/2, as some clients do with each,', () => {
  const offered = async ({ address }: Rig, head: string, body = '') => {
    const { hostname, port } = new URL(address)
    const socket = connect(Number(port), hostname)
    onTestFinished(() => void socket.destroy())
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk
    })
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk'
    socket.write(`${head}\r\nHost: x\r\n${offer}\r\nAuthorization: Bearer ${token}\r\n\r\n${body}`)
    while (!text.includes('}')) await once(socket, 'data')
    return { text, socket }
  }

  it('is answered as any other', async () => {
    const rig = await startShop()
    const { text, socket } = await offered(rig, 'GET /v1/health HTTP/1.1')
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    socket.write('GET /v1/nowhere HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 40[14] /)
  })

  it('may have a body', async () => {
    const rig = await startShop()
    const body = JSON.stringify({ name: 'other' })
    const head = `POST /v1/apps HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
    const { text } = await offered(rig, head, body)
    expect(text).toMatch(/^HTTP\/1.1 201 /)
    expect(rig.asked).toMatchObject([{ what: 'create' }])
  })
})
