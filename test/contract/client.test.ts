import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { type ApiClient, answers, apiClient } from '../../src/contract/client.ts'
import { ApiFailure } from '../../src/contract/failure.ts'
import {
  aBuild,
  aCommit,
  aDeployment,
  aServer,
  aStatus,
  beginStream,
  goodStory,
  home,
  StandIn,
  sendMessage,
} from '../support/stand-in.ts'

let server: StandIn
let api: ApiClient
const shop = { app: 'shop', environment: 'production' }

beforeEach(async () => {
  server = await StandIn.started()
  api = apiClient({ address: server.address, token: 'a-token' })
})
afterEach(() => server.stop())

describe('a question', () => {
  it('carries the token and gives the answer', async () => {
    server.json('GET /v1/server', 200, aServer())
    expect(await api.server()).toEqual(aServer())
    expect(server.requests[0]?.headers.authorization).toBe('Bearer a-token')
  })

  it('goes where the table of the API says', async () => {
    server.json(`GET ${home}`, 200, aStatus())
    server.json('POST /v1/apps/shop/pushes', 202, aBuild())
    server.json(`PATCH ${home}/settings`, 202, { deployment: null })
    server.on('DELETE /v1/apps/shop', (response) => void response.writeHead(204).end())
    await api.status(shop)
    expect(await api.push('shop', { commit: aCommit, ref: 'refs/heads/main' })).toEqual(aBuild())
    await api.changeSettings(shop, { set: { A: '1' }, deploy: false })
    expect(await api.destroyApp('shop', 'shop')).toBeUndefined()
    expect(server.paths()).toEqual([
      `GET ${home}`,
      'POST /v1/apps/shop/pushes',
      `PATCH ${home}/settings`,
      'DELETE /v1/apps/shop',
    ])
    expect(server.requests[2]?.body).toEqual({ set: { A: '1' }, deploy: false })
    expect(server.requests[3]?.query.get('confirm')).toBe('shop')
  })

  it('never lets a name become another path', async () => {
    await expect(api.app('../server')).rejects.toThrow(ApiFailure)
    expect(server.requests[0]?.path).toBe('/v1/apps/..%2Fserver')
  })

  it('tells whether an app was made or was there', async () => {
    const app = { name: 'shop', createdAt: '', stable: null, urls: [] }
    server.json('POST /v1/apps', 201, app)
    expect(await api.createApp('shop')).toEqual({ app, created: true })
    server.json('POST /v1/apps', 200, app)
    expect((await api.createApp('shop')).created).toBe(false)
  })
})

describe('a failure', () => {
  it('comes in the words of the server, with the exit code of its code', async () => {
    server.fails(
      `POST ${home}/rollback`,
      409,
      'release.none',
      'shop has nothing to go back to',
      'naru releases',
    )
    const failure = await api.rollback(shop).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ApiFailure)
    expect(failure).toMatchObject({
      code: 'release.none',
      status: 409,
      exit: 7,
      hint: 'naru releases',
    })
  })

  it('exits with 1 where a newer server uses a code unknown here', async () => {
    server.fails('GET /v1/server', 409, 'moon.full', 'the moon is full')
    await expect(api.server()).rejects.toMatchObject({ code: 'moon.full', exit: 1 })
  })

  it('says at once that nothing answers', async () => {
    await server.stop()
    await expect(api.server()).rejects.toMatchObject({
      code: 'server.unreachable',
      facts: { address: server.address },
    })
    expect(await answers(server.address)).toBe(false)
  })

  it('says so when something else answers there', async () => {
    const other = createServer((_request, response) =>
      response.writeHead(404).end('<html>Not found'),
    )
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const failure = await apiClient({ address, token: null })
      .server()
      .catch((error: unknown) => error)
    other.close()
    expect(failure).toBeInstanceOf(NaruError)
    expect(failure).toMatchObject({
      code: 'server.unreachable',
      facts: { address: `${address} (something else does)` },
    })
  })
})

describe('a stream', () => {
  const follow = async () => {
    const seen: string[] = []
    for await (const message of api.story(shop, 4)) {
      seen.push(message.kind === 'event' ? String(message.event.id) : message.deployment.status)
    }
    return seen
  }

  it('ends with its last message', async () => {
    server.stream(`GET ${home}/deployments/4/events`, [
      ...goodStory.map((event): [string, unknown] => ['event', event]),
      ['end', aDeployment()],
    ])
    expect(await follow()).toEqual([...goodStory.map(({ id }) => String(id)), 'succeeded'])
  })

  it('goes on where it was after the server was killed and started again', async () => {
    const path = `GET ${home}/deployments/4/events`
    const restart = async () => {
      await server.stop()
      server.stream(path, [
        ...goodStory.map((event): [string, unknown] => ['event', event]),
        ['end', aDeployment()],
      ])
      await server.start()
    }
    server.on(path, (response) => {
      beginStream(response)
      for (const event of goodStory.slice(0, 4)) sendMessage(response, 'event', event, event.id)
      response.write('id: 5\nevent: event\ndata: {"id":5,"ha', () => void restart())
    })
    expect(await follow()).toEqual([...goodStory.map(({ id }) => String(id)), 'succeeded'])
    expect(server.requests.at(-1)?.headers['last-event-id']).toBe('4')
  })

  it('goes on when the server ends it early', async () => {
    const path = `GET ${home}/deployments/4/events`
    server.on(path, (response, seen) => {
      beginStream(response)
      const after = Number(seen.headers['last-event-id'] ?? 0)
      const next = goodStory[after]
      if (next) sendMessage(response, 'event', next, next.id)
      if (after === 2) sendMessage(response, 'end', aDeployment())
      response.end()
    })
    expect(await follow()).toEqual(['1', '2', '3', 'succeeded'])
  })

  it('is given up when nothing answers for too long', async () => {
    const impatient = apiClient({ address: server.address, token: null }, { patienceMs: 300 })
    server.on(`GET ${home}/deployments/4/events`, (response) => {
      beginStream(response)
      sendMessage(response, 'event', goodStory[0], 1)
      void server.stop()
    })
    const reading = (async () => {
      for await (const _message of impatient.story(shop, 4)) {
        /* just read */
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'server.unreachable' })
  })

  it('fails at once when the server refuses it', async () => {
    server.fails(
      `GET ${home}/deployments/4/events`,
      404,
      'deployment.unknown',
      'no such deployment',
    )
    await expect(follow()).rejects.toMatchObject({ code: 'deployment.unknown' })
  })

  it('fails at once when nothing answers from the start', async () => {
    await server.stop()
    await expect(follow()).rejects.toMatchObject({ code: 'server.unreachable' })
  })

  it('of logs ends with its body, and asks for what was wanted', async () => {
    const line = { position: 1, at: '', instance: 'i', service: 'web', release: 3, text: 'hello' }
    server.stream(`GET ${home}/logs`, [['line', line]])
    const lines = []
    for await (const read of api.logs(shop, { release: 3, service: 'web', tail: 20 }))
      lines.push(read)
    expect(lines).toEqual([line])
    expect(server.requests[0]?.query.toString()).toBe('release=3&service=web&tail=20')
  })

  it('of a build gives its lines, then the build', async () => {
    server.stream('GET /v1/apps/shop/builds/3/log', [
      ['line', { text: 'npm ci' }],
      ['end', aBuild()],
    ])
    const read = []
    for await (const message of api.buildLog('shop', 3, { follow: true })) read.push(message)
    expect(read).toEqual([
      { kind: 'line', text: 'npm ci' },
      { kind: 'end', build: aBuild() },
    ])
  })
})
