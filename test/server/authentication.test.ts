import { describe, expect, test } from 'vitest'
import { grants, permissions } from '../../src/access/permissions.ts'
import { addToken } from '../../src/store/tokens.ts'
import { ask, at, open, type Rig, sha256, startApi, startShop, token } from './rig.ts'

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

/** Every route with values in the place of its parameters. */
const walk = (rig: Rig) =>
  rig.api.routes
    .filter(({ permission }) => permission !== 'open')
    .map(({ method, url }) => ({
      method,
      path: url
        .replace(':app', 'shop')
        .replace(':environment', 'production')
        .replace(':number', '1')
        .replace('*', 'shop.git/info/refs'),
    }))

describe('every route but the open ones', () => {
  test('refuses a request without a token', async () => {
    const rig = await startShop()
    for (const { method, path } of walk(rig)) {
      const { status, text, json } = await ask(rig, path, { method, token: null })
      expect(status, `${method} ${path}`).toBe(401)
      if (path.startsWith('/git/')) expect(text).toContain('none was sent')
      else expect(json['code'], `${method} ${path}`).toBe('token.missing')
    }
    expect(rig.asked).toEqual([])
  })

  test('refuses a token that it does not know, and the hash of one it does', async () => {
    const rig = await startShop()
    for (const wrong of ['nonsense', sha256(token), `${token}x`, token.slice(0, -1)]) {
      for (const { method, path } of walk(rig)) {
        const { status, json } = await ask(rig, path, { method, token: wrong })
        expect(status, `${method} ${path}`).toBe(401)
        if (!path.startsWith('/git/')) expect(json['code']).toBe('token.invalid')
      }
    }
    expect(rig.asked).toEqual([])
  })

  test('refuses a token of a kind that nothing is granted to', async () => {
    const rig = await startShop()
    const guest = { name: 'guest', hash: sha256('guest'), by: null, at }
    await rig.store.write((db) => addToken(db, { ...guest, kind: 'guest' as 'owner' }))
    for (const { method, path } of walk(rig)) {
      const { status } = await ask(rig, path, { method, token: 'guest' })
      expect(status, `${method} ${path}`).toBe(403)
    }
    expect(rig.asked).toEqual([])
  })

  test('lets the owner in', async () => {
    const rig = await startShop()
    for (const { method, path } of walk(rig)) {
      const response = await open(rig, path, { method })
      expect(response.statusCode, `${method} ${path}`).not.toBe(401)
      expect(response.statusCode, `${method} ${path}`).not.toBe(403)
      response.destroy()
    }
  })
})

test('the token is refused before the body is read or the app is looked up', async () => {
  const rig = await startApi()
  const { status } = await ask(rig, '/v1/apps/no-such-app', { method: 'DELETE', token: null })
  expect(status).toBe(401)
  const huge = await ask(rig, '/v1/apps', { method: 'POST', token: null, raw: '{' })
  expect(huge.json['code']).toBe('token.missing')
})

test('health and the description are open to all', async () => {
  const rig = await startApi()
  expect((await ask(rig, '/v1/health', { token: null })).json).toEqual({ ok: true })
  expect((await ask(rig, '/openapi.json', { token: null })).status).toBe(200)
  expect((await ask(rig, '/v1/health', { token: 'nonsense' })).status).toBe(200)
})

describe('a token', () => {
  test.each([
    ['bearer in any case', `bEaReR ${token}`, 200],
    ['nothing after the scheme', 'Bearer ', 401],
    ['no scheme', token, 401],
    ['two tokens', `Bearer ${token} ${token}`, 401],
    ['another scheme', `Digest ${token}`, 401],
    ['as a password, away from git', basic(`x:${token}`).authorization, 401],
  ])('%s', async (_name, authorization, status) => {
    const rig = await startApi()
    const answer = await ask(rig, '/v1/apps', { token: null, headers: { authorization } })
    expect(answer.status).toBe(status)
    expect(answer.headers['www-authenticate']).toBeUndefined()
  })

  test('is never written into the log', async () => {
    const rig = await startApi()
    await ask(rig, `/v1/apps?token=${token}`)
    await ask(rig, `/v1/events?after=x${token}`)
    await ask(rig, '/v1/apps', { token: null, headers: basic(`x:${token}`) })
    expect(rig.logged.join('')).toContain('"by":"laptop"')
    expect(rig.logged.join('')).not.toContain(token)
  })
})

describe('git', () => {
  test('is asked for a password where none came, and told in plain text', async () => {
    const rig = await startShop()
    const { status, headers, text } = await ask(rig, '/git/shop.git/info/refs', { token: null })
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe('Basic realm="Naru"')
    expect(headers['content-type']).toContain('text/plain')
    expect(text).toMatch(/^this server answers only with a token/)
  })

  test.each([
    ['the token as the password of any user', `ada:${token}`, 200],
    ['of no user', `:${token}`, 200],
    ['the token as the user', `${token}:`, 401],
    ['a wrong one', 'ada:nonsense', 401],
    ['no colon', token, 200],
  ])('%s', async (_name, pair, status) => {
    const rig = await startShop()
    const asked = { token: null, headers: basic(pair) }
    expect((await ask(rig, '/git/shop.git/info/refs', asked)).status).toBe(status)
  })
})

test('a permission is granted by the kind of token and by nothing else', () => {
  for (const permission of permissions) {
    expect(grants('owner', permission)).toBe(true)
    expect(grants('guest', permission)).toBe(false)
    expect(grants('__proto__', permission)).toBe(false)
  }
})
