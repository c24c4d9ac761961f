import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type ApiClient, apiClient } from '../../src/contract/client.ts'
import { ApiFailure } from '../../src/contract/failure.ts'
import { queueBuild } from '../../src/store/builds.ts'
import { addToken, listTokens } from '../../src/store/tokens.ts'
import { ask, at, commit, home, open, place, type Rig, sha256, startShop } from './rig.ts'

const lent = 'tok-lent'

/** A shop with a second owner's token, "lent", to be revoked. */
async function shopWithLent(): Promise<{ rig: Rig; client: ApiClient; revoke(): Promise<void> }> {
  const rig = await startShop()
  const lending = { name: 'lent', hash: sha256(lent), kind: 'owner' as const, at, by: 'laptop' }
  await rig.store.write((db) => addToken(db, lending))
  const client = apiClient({ address: rig.address, token: lent })
  return {
    rig,
    client,
    revoke: async () => {
      const { status } = await ask(rig, '/v1/tokens/lent', { method: 'DELETE' })
      expect(status).toBe(204)
    },
  }
}

/** What an endless reading is ended by, once the reader has it open. */
function endOf(messages: AsyncIterable<unknown>): Promise<unknown> {
  return (async () => {
    for await (const _ of messages);
    return 'its end'
  })().catch((error: unknown) => error)
}

/** Sends the head of a request and, later, its body. */
function slowly(rig: Rig, path: string, type: string, by = lent) {
  const { hostname, port } = new URL(rig.address)
  const sent = httpRequest({
    hostname,
    port,
    method: 'POST',
    path,
    agent: false,
    headers: {
      authorization: `Bearer ${by}`,
      'content-type': type,
      'transfer-encoding': 'chunked',
    },
  })
  onTestFinished(() => void sent.destroy())
  const answer = new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
      )
    })
  })
  answer.catch(() => {}) // Whoever waits for it is told.
  sent.flushHeaders()
  return { sent, answer }
}

/** Until the log says that the server knows who asks. */
const used = async ({ store }: Rig) => {
  for (;;) {
    const tokens = await listTokens(store.db)
    if (tokens.some(({ name, lastUsedAt }) => name === 'lent' && lastUsedAt !== null)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('revoking a token', () => {
  test('ends the streams that it holds open, with the reason', async () => {
    const { rig, client, revoke } = await shopWithLent()
    let following: () => void = () => {}
    const followed = new Promise<void>((resolve) => {
      following = resolve
    })
    rig.buildLog = async function* (_app, _number, _how, signal) {
      yield 'first'
      following()
      await once(signal, 'abort')
    }
    await rig.store.write((db) =>
      queueBuild(db, { ...place, source: 'push', commit, title: 'One', by: 'lent', at }),
    )
    const events = await open(rig, '/v1/events', { token: lent })
    const ended = endOf(client.buildLog('shop', 1, { follow: true }))
    await followed
    await revoke()
    const error = await ended
    expect(error).toBeInstanceOf(ApiFailure)
    expect(error).toMatchObject({
      code: 'token.revoked',
      facts: { name: 'lent', by: 'laptop' },
      message: expect.stringContaining('laptop revoked the token "lent"'),
      exit: 3,
    })
    const chunks: Buffer[] = []
    for await (const chunk of events) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toMatch(
      /event: failure\ndata: .*token\.revoked.*\n\n$/,
    )
  })

  test('tells the reason also where what was read breaks off, and where the reader takes its time', async () => {
    const { rig, client, revoke } = await shopWithLent()
    let following: () => void = () => {}
    const followed = new Promise<void>((resolve) => {
      following = resolve
    })
    rig.buildLog = async function* (_app, _number, _how, signal) {
      for (let line = 0; line < 2000; line += 1) yield 'x'.repeat(4096)
      following()
      await once(signal, 'abort')
      throw new Error('broken off')
    }
    await rig.store.write((db) =>
      queueBuild(db, { ...place, source: 'push', commit, title: 'One', by: 'lent', at }),
    )
    const ended = endOf(client.buildLog('shop', 1, { follow: true }))
    await followed
    await revoke()
    expect(await ended).toMatchObject({ code: 'token.revoked' })
    expect(rig.logged.join('')).not.toContain('broken off')
  })

  test('ends a command that it runs, tells why, and takes and gives nothing more', async () => {
    const { rig, revoke } = await shopWithLent()
    const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const ends: number[] = []
    let endAsked: () => void = () => {}
    const asked = new Promise<void>((resolve) => {
      endAsked = resolve
    })
    rig.openCommand = async () => ({
      release: 1,
      running: {
        input,
        output,
        errors,
        resize: () => {},
        signal: () => {},
        ended: new Promise(() => {}),
        end: async (seconds) => {
          ends.push(seconds)
          endAsked()
        },
      },
    })
    const socket = new WebSocket(`${rig.address.replace('http', 'ws')}${home}/run`, {
      headers: { authorization: `Bearer ${lent}` },
    })
    onTestFinished(() => socket.terminate())
    const said: string[] = []
    socket.on('message', (data: Buffer) => said.push(data.toString()))
    await once(socket, 'open')
    socket.send(JSON.stringify({ begin: { command: 'cat', terminal: null } }))
    await once(socket, 'message')
    const closed = once(socket, 'close')
    await revoke()
    await asked
    output.write('a secret')
    await closed
    expect(ends).toContain(5)
    expect(said.at(-1)).toContain('token.revoked')
    expect(said.join('')).not.toContain('a secret')
    expect(input.readableLength).toBe(0)
  })

  test('refuses what was let in and asks for something only afterwards', async () => {
    const { rig, revoke } = await shopWithLent()
    const token = slowly(rig, '/v1/tokens', 'application/json')
    await used(rig)
    await revoke()
    token.sent.end(JSON.stringify({ name: 'back-door', kind: 'owner' }))
    const { status, text } = await token.answer
    expect(status).toBe(401)
    expect(text).toContain('token.revoked')
    expect(JSON.stringify((await ask(rig, '/v1/tokens')).json)).not.toContain('back-door')
  })

  test('queues no build of an archive that arrives afterwards', async () => {
    const { rig, revoke } = await shopWithLent()
    let arriving: () => void = () => {}
    const arrives = new Promise<void>((resolve) => {
      arriving = resolve
    })
    rig.importArchive = async (_app, { body }) => {
      arriving()
      for await (const _chunk of body);
      return commit
    }
    const archive = slowly(rig, `${home}/archives?name=shop`, 'application/gzip')
    archive.sent.write('some')
    await arrives
    await revoke()
    archive.sent.end('more')
    expect(await archive.answer).toMatchObject({
      status: 401,
      text: expect.stringContaining('token.revoked'),
    })
    expect(rig.asked.filter(({ what }) => what === 'push')).toEqual([])
  })

  test('cuts off a fetch and a push that is still on its way, and leaves one that has arrived to its hook', async () => {
    const { rig, revoke } = await shopWithLent()
    const seen = { begun: 0, whole: 0 }
    let all: () => void = () => {}
    const there = new Promise<void>((resolve) => {
      all = resolve
    })
    const note = (what: keyof typeof seen) => {
      seen[what] += 1
      if (seen.begun === 3 && seen.whole === 2) all()
    }
    let finish: () => void = () => {}
    const decided = new Promise<void>((resolve) => {
      finish = resolve
    })
    rig.git = async (request, response) => {
      request.once('end', () => note('whole')).resume()
      note('begun')
      await Promise.race([decided, once(response, 'close')])
      response.end('decided')
    }
    const push = '/git/shop.git/git-receive-pack'
    const basic = (path: string, whole: boolean) => {
      const { sent, answer } = slowly(rig, path, 'application/x-git-request')
      if (whole) sent.end('all')
      else sent.write('some')
      return answer
    }
    const [fetching, sending, sent] = [
      basic('/git/shop.git/git-upload-pack', true),
      basic(push, false),
      basic(push, true),
    ]
    await there
    await revoke()
    await expect(fetching).rejects.toThrow()
    await expect(sending).rejects.toThrow()
    finish()
    expect(await sent).toMatchObject({ status: 200, text: 'decided' })
  })

  test('leaves what other tokens hold, the one that revokes, and a new one of the same name alone', async () => {
    const { rig, revoke } = await shopWithLent()
    const owners = await open(rig, '/v1/events')
    onTestFinished(() => void owners.destroy())
    await revoke()
    const made = await ask(rig, '/v1/tokens', {
      method: 'POST',
      body: { name: 'lent', kind: 'reader' },
    })
    const value = String(made.json['value'])
    expect((await ask(rig, '/v1/apps', { token: value })).status).toBe(200)
    expect((await ask(rig, '/v1/apps', { token: lent })).status).toBe(401)
    const [chunk] = (await once(owners, 'data')) as [Buffer]
    expect(chunk.toString()).not.toContain('failure')
    expect(owners.destroyed).toBe(false)
  })

  test('of itself is answered', async () => {
    const { rig } = await shopWithLent()
    const { status } = await ask(rig, '/v1/tokens/lent', { method: 'DELETE', token: lent })
    expect(status).toBe(204)
    expect((await ask(rig, '/v1/apps', { token: lent })).status).toBe(401)
  })
})
