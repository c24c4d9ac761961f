import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type TokenKind, tokenKinds } from '../../src/model/token.ts'
import { addToken } from '../../src/store/tokens.ts'
import { addReleases, ask, at, home, open, type Rig, sha256, startShop } from './rig.ts'

/** The least kind of token that opens each route: written down by hand, so that a new route is thought about here. */
const least: Readonly<Record<string, 'open' | TokenKind>> = {
  'GET /openapi.json': 'open',
  'GET /v1/health': 'open',
  'GET /v1/server': 'reader',
  'GET /v1/server/bounds': 'reader',
  'POST /v1/server/stop': 'owner',
  'POST /v1/server/key': 'owner',
  'GET /v1/tokens': 'owner',
  'POST /v1/tokens': 'owner',
  'DELETE /v1/tokens/:token': 'owner',
  'GET /v1/events': 'reader',
  'GET /v1/apps': 'reader',
  'POST /v1/apps': 'deployer',
  'GET /v1/apps/:app': 'reader',
  'DELETE /v1/apps/:app': 'owner',
  'POST /v1/apps/:app/pushes': 'deployer',
  'GET /v1/apps/:app/builds': 'reader',
  'GET /v1/apps/:app/builds/:number': 'reader',
  'GET /v1/apps/:app/builds/:number/log': 'reader',
  'POST /v1/apps/:app/builds/:number/cancel': 'deployer',
  'GET /v1/apps/:app/environments': 'reader',
  'POST /v1/apps/:app/environments': 'deployer',
  'GET /HOME': 'reader',
  'DELETE /HOME': 'owner',
  'POST /HOME/archives': 'deployer',
  'GET /HOME/deployments': 'reader',
  'POST /HOME/deployments': 'deployer',
  'GET /HOME/deployments/:number': 'reader',
  'GET /HOME/deployments/:number/events': 'reader',
  'POST /HOME/deployments/:number/abort': 'deployer',
  'PUT /HOME/engine': 'deployer',
  'GET /v1/registries': 'reader',
  'PUT /v1/registries/:host': 'owner',
  'DELETE /v1/registries/:host': 'owner',
  'GET /v1/engines': 'reader',
  'PUT /v1/engine': 'owner',
  'GET /HOME/usage': 'reader',
  'GET /HOME/instances': 'reader',
  'GET /HOME/jobs': 'reader',
  'POST /HOME/jobs': 'deployer',
  'GET /HOME/jobs/:number': 'reader',
  'POST /HOME/jobs/:number/cancel': 'deployer',
  'GET /HOME/jobs/:number/log': 'reader',
  'GET /HOME/logs': 'reader',
  'GET /HOME/releases': 'reader',
  'POST /HOME/rollback': 'deployer',
  'GET /HOME/run': 'deployer',
  'GET /HOME/scale': 'reader',
  'PATCH /HOME/scale': 'deployer',
  'GET /HOME/secrets': 'reader',
  'PATCH /HOME/secrets': 'deployer',
  'GET /HOME/settings': 'reader',
  'PATCH /HOME/settings': 'deployer',
  'GET /git/*': 'deployer',
  'POST /git/*': 'deployer',
}

const shortened = (url: string) => url.replace('/v1/apps/:app/environments/:environment', '/HOME')

/** With values in the place of its parameters. */
const pathOf = (route: string) =>
  (route.split(' ')[1] ?? '')
    .replace('/HOME', home)
    .replace(':app', 'shop')
    .replace(':number', '1')
    .replace(':token', 'nobody')
    .replace('*', 'shop.git/info/refs')

async function shopWithTokens(): Promise<Rig> {
  const rig = await startShop()
  await addReleases(rig, 1)
  for (const kind of tokenKinds) {
    const one = { name: `a-${kind}`, hash: sha256(`tok-${kind}`), kind, at, by: 'laptop' }
    await rig.store.write((db) => addToken(db, one))
  }
  return rig
}

const opens = (kind: TokenKind, needed: 'open' | TokenKind) =>
  needed === 'open' || tokenKinds.indexOf(kind) <= tokenKinds.indexOf(needed)

test('every route stands in the table, and no other does', async () => {
  const { api } = await shopWithTokens()
  const routes = api.routes.map(({ method, url }) => `${method} ${shortened(url)}`)
  expect(routes.toSorted()).toEqual(Object.keys(least).toSorted())
})

describe.each(tokenKinds)('a token of the kind %s', (kind) => {
  test('opens what its kind may do, and is refused everything else before anything is done', async () => {
    const rig = await shopWithTokens()
    for (const [route, needed] of Object.entries(least)) {
      const asked = rig.asked.length
      const [method = ''] = route.split(' ')
      const response = await open(rig, pathOf(route), { method, token: `tok-${kind}` })
      response.destroy()
      const status = response.statusCode ?? 0
      if (opens(kind, needed)) {
        expect([401, 403, 500], route).not.toContain(status)
        continue
      }
      expect(status, route).toBe(403)
      expect(rig.asked.length, route).toBe(asked)
    }
  })

  test('is told what it lacks in words', async () => {
    const rig = await shopWithTokens()
    for (const [route, needed] of Object.entries(least)) {
      if (opens(kind, needed)) continue
      const [method = ''] = route.split(' ')
      const { text, json } = await ask(rig, pathOf(route), { method, token: `tok-${kind}` })
      expect(text, route).toContain('lacks the permission')
      if (!route.includes('/git/')) expect(json, route).toMatchObject({ code: 'permission.denied' })
    }
  })

  test('runs commands over a WebSocket only where it may, and is refused before it is one', async () => {
    const rig = await shopWithTokens()
    const socket = new WebSocket(`${rig.address.replace('http', 'ws')}${home}/run`, {
      headers: { authorization: `Bearer tok-${kind}` },
    })
    onTestFinished(() => socket.terminate())
    const answered = Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(
        ([, response]) => (response as IncomingMessage).statusCode,
      ),
    ])
    expect(await answered).toBe(kind === 'reader' ? 403 : 101)
  })

  test('is refused other spellings of a path that it may not open', async () => {
    const rig = await shopWithTokens()
    const spellings = [
      '/v1/tokens?x',
      '/v1/tokens#x',
      '/v1/%74okens',
      '/v1//tokens',
      '//v1/tokens',
      '/v1/tokens/',
      '/V1/TOKENS',
      '/v1/apps/../tokens',
      '/v1/apps/%2e%2e/tokens',
    ]
    for (const path of spellings) {
      const { status, text } = await ask(rig, path, { token: `tok-${kind}` })
      if (kind !== 'owner') expect([400, 403, 404], path).toContain(status)
      if (kind !== 'owner') expect(text, path).not.toContain('a-owner')
    }
  })
})
