import fastCheck from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, commit, home, sayRaw, startApi, startShop, token } from './rig.ts'

const badNames = [
  ';ls',
  '$(id)',
  '`id`',
  'a b',
  'new\nline',
  '..',
  '.',
  'a/b',
  '../../etc/passwd',
  'nul\0',
  '-rf',
  '--upload-pack=x',
  'shop-',
  'Shop',
  'ä',
  '%00',
  '%2e%2e',
  '__proto__',
  'x'.repeat(41),
  'x'.repeat(3000),
  '‮shop',
  "shop'",
  'shop"',
  '*',
  ':app',
]

describe('a name in a path', () => {
  test.each(badNames)('%j is refused as a name, and nothing is asked for', async (name) => {
    const rig = await startShop()
    const written = encodeURIComponent(name)
    for (const [method, path] of [
      ['GET', `/v1/apps/${written}`],
      ['DELETE', `/v1/apps/${written}?confirm=${written}`],
      ['GET', `/v1/apps/shop/environments/${written}/releases`],
      ['PATCH', `/v1/apps/${written}/environments/production/secrets`],
      ['GET', `/v1/apps/${written}/builds/1/log`],
    ]) {
      const { status, json } = await ask(rig, path ?? '', { method: method ?? '' })
      expect([status, json['code']], `${method} ${path}`).toEqual([400, 'name.invalid'])
    }
    expect(rig.asked).toEqual([])
  })

  test.each(badNames)('%j is refused as the name of a new app', async (name) => {
    const rig = await startApi()
    const { status, json } = await ask(rig, '/v1/apps', { method: 'POST', body: { name } })
    expect([status, json['code']]).toEqual([400, 'name.invalid'])
    expect(rig.asked).toEqual([])
  })

  test('that cannot be decoded is refused', async () => {
    const rig = await startShop()
    for (const path of ['/v1/apps/%', '/v1/apps/%zz', '/v1/apps/%c3%28', '/git/%.git/info/refs']) {
      const { status, text } = await ask(rig, path)
      expect(status, path).toBeGreaterThanOrEqual(400)
      expect(status, path).toBeLessThan(500)
      expect(text).toContain('percent sign')
    }
  })

  test('dots do not climb out of the path', async () => {
    const rig = await startShop()
    for (const path of [
      '/v1/apps/../server',
      '/v1/./apps/shop',
      '//v1/apps',
      '/v1/apps/shop/../../server',
    ]) {
      expect((await ask(rig, path)).json['code'], path).toMatch(/^(path\.unknown|name\.invalid)$/)
    }
  })
})

describe('a number in a path', () => {
  test.each(['0', '-1', '01', '1.5', '1e3', '0x1', 'one', '%31%3b', '9999999999', 'NaN', '%00'])(
    '%s is refused',
    async (number) => {
      const rig = await startShop()
      for (const path of [
        `/v1/apps/shop/builds/${number}`,
        `${home}/deployments/${number}/events`,
      ]) {
        const { status, json } = await ask(rig, path)
        expect([status, json['code']], path).toEqual([400, 'request.invalid'])
      }
    },
  )
})

describe('a question', () => {
  test.each([
    '/v1/apps/shop/builds?limit=0',
    '/v1/apps/shop/builds?limit=1001',
    '/v1/apps/shop/builds?limit=1&limit=2',
    '/v1/apps/shop/builds?page=2',
    '/v1/apps/shop/builds/1/log?follow=yes',
    '/v1/events?after=-1',
    '/v1/events?after=1;2',
    '/v1/apps/shop?confirm=shop',
    `${home}/logs?tail=1e9`,
    `${home}/logs?since=yesterday`,
    `${home}/logs?release=v3`,
  ])('%s is refused unless it is understood', async (path) => {
    const rig = await startShop()
    const { status, json } = await ask(rig, path)
    const known = path.endsWith('confirm=shop') ? [200, undefined] : [400, 'request.invalid']
    expect([status, json['code']]).toEqual(known)
  })

  test('names of services and apps in it are checked as names', async () => {
    const rig = await startShop()
    for (const path of [`${home}/logs?service=--help`, '/v1/events?app=..%2f']) {
      expect((await ask(rig, path)).json['code'], path).toBe('name.invalid')
    }
  })
})

describe('a body', () => {
  const canary = 'canary-7c1'
  test.each([
    ['not JSON', `{"set": {"KEY": ${canary}}}`],
    ['cut off', `{"set": {"KEY": "${canary}`],
    ['a list', `["${canary}"]`],
    ['a text', `"${canary}"`],
    ['null', 'null'],
    ['not UTF-8', Buffer.from(`{"set": {"KEY": "${canary}\xff"}}`, 'latin1')],
    ['a number for a value', '{"set": {"KEY": 5}}'],
    ['a list for a value', `{"set": {"KEY": ["${canary}"]}}`],
    ['a list for the values', `{"set": ["${canary}"]}`],
    ['a text for the values', `{"set": "${canary}"}`],
    ['an unknown key', `{"sets": {"KEY": "${canary}"}}`],
    ['a prototype', `{"set": {"KEY": "${canary}"}, "__proto__": {"deploy": false}}`],
    ['a constructor', `{"constructor": {"prototype": {"deploy": "${canary}"}}}`],
    ['empty', ''],
  ])('%s is refused, and not quoted', async (_name, raw) => {
    const rig = await startShop()
    const { status, json, text } = await ask(rig, `${home}/secrets`, { method: 'PATCH', raw })
    expect([status, json['code']]).toEqual([400, 'request.invalid'])
    expect(json['message']).toMatch(/^the request was refused, and nothing changed: /)
    expect(`${text}${rig.logged.join('')}`).not.toContain(canary)
    expect(rig.asked).toEqual([])
  })

  test('says all that is wrong with it at once', async () => {
    const rig = await startShop()
    const body = { set: { KEY: 5 }, unset: 'X', deploy: 'no' }
    const { json } = await ask(rig, `${home}/settings`, { method: 'PATCH', body })
    const { issues } = json['facts'] as { issues: string[] }
    expect(issues.map((issue) => issue.split(':')[0])).toEqual(['set.KEY', 'unset', 'deploy'])
  })

  test('larger than 1 MiB is refused, whether or not it says so', async () => {
    const rig = await startShop()
    const raw = JSON.stringify({ set: { KEY: 'x'.repeat(2 * 1024 * 1024) } })
    const { status, json } = await ask(rig, `${home}/settings`, { method: 'PATCH', raw })
    expect([status, json['code']]).toEqual([413, 'request.too-large'])
    const chunk = 'x'.repeat(64 * 1024)
    const chunked = Array.from({ length: 20 }, () => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    const head = `PATCH ${home}/settings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`
    expect(await sayRaw(rig, head + chunked.join(''))).toContain('413 Payload Too Large')
    expect(rig.asked).toEqual([])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'nonsense'])(
    'of type %s is refused',
    async (type) => {
      const rig = await startApi()
      const { status, json } = await ask(rig, '/v1/apps', {
        method: 'POST',
        raw: '{"name":"blog"}',
        headers: { 'content-type': type },
      })
      expect([status, json['code']]).toEqual([400, 'request.invalid'])
      expect(json['message']).toContain('application/json')
    },
  )

  test('a commit or a ref that could be taken for anything else is refused', async () => {
    const rig = await startShop()
    for (const body of [
      { commit: '--help', ref: 'refs/heads/main' },
      { commit: `${commit}\n`, ref: 'refs/heads/main' },
      { commit: 'HEAD', ref: 'refs/heads/main' },
      { commit: commit.slice(1), ref: 'refs/heads/main' },
      { commit: commit.toUpperCase(), ref: 'refs/heads/main' },
      { commit, ref: '' },
      { commit, ref: 'refs/heads/\0' },
      { commit, ref: 'refs/heads/main\nx' },
      { commit, ref: 'x'.repeat(1001) },
      { commit },
    ]) {
      const { json } = await ask(rig, '/v1/apps/shop/pushes', { method: 'POST', body })
      expect(json['code'], JSON.stringify(body)).toBe('request.invalid')
    }
    expect(rig.asked).toEqual([])
  })
})

describe.each(['settings', 'secrets'])('%s', (noun) => {
  const change = async (body: unknown) => {
    const rig = await startShop()
    const answer = await ask(rig, `${home}/${noun}`, { method: 'PATCH', body })
    return { rig, ...answer }
  }

  test.each([
    '',
    '1X',
    'A-B',
    'A B',
    'A=b',
    'A\n',
    'A;ls',
    '$(id)',
    '`id`',
    'É',
    '../x',
    'A\0',
    '-A',
    'x'.repeat(129),
  ])('refuse the name %j, set or unset', async (name) => {
    for (const body of [{ set: { [name]: 'canary' } }, { unset: [name] }]) {
      const { status, json, text, rig } = await change(body)
      expect([status, json['code']]).toEqual([400, 'value.invalid'])
      expect(text).not.toContain('canary')
      expect(rig.asked).toEqual([])
    }
  })

  test.each(['PORT', 'HOST', 'PATH', 'HOME', 'TMPDIR', 'NARU_', 'NARU_APP', 'NARU_TOKEN'])(
    'refuse the name %s, which is Naru’s to give',
    async (name) => {
      const { status, json } = await change({ set: { [name]: 'canary' } })
      expect([status, json['code']]).toEqual([400, 'value.invalid'])
      expect(json['message']).toContain('Naru gives')
    },
  )

  test.each([
    ['with NUL', 'canary\0'],
    ['with half of a character', 'canary\ud800'],
    ['of more than 64 KiB', `canary${'ä'.repeat(33 * 1024)}`],
  ])('refuse a value %s, and do not repeat it', async (_name, value) => {
    const { status, json, text, rig } = await change({ set: { GOOD: 'canary', KEY: value } })
    expect([status, json['code']]).toEqual([400, 'value.invalid'])
    expect(json['facts']).toMatchObject({ name: 'KEY' })
    expect(`${text}${rig.logged.join('')}`).not.toContain('canary')
    expect(rig.asked).toEqual([])
  })

  test('refuse what is set and unset at once', async () => {
    const { json } = await change({ set: { KEY: 'x' }, unset: ['KEY'] })
    expect(json['code']).toBe('value.invalid')
  })

  test('take any other text as it is', async () => {
    for (const value of ['', '$(id) `id` ; | > <', '\r\n\t', '‮💥é', 'x'.repeat(64 * 1024)]) {
      const { status, rig } = await change({ set: { _Key9: value } })
      expect(status).toBe(202)
      if (noun === 'secrets') expect(rig.secrets[0]?.['_Key9']?.reveal()).toBe(value)
      else expect(rig.asked[0]?.facts).toMatchObject({ set: { _Key9: value } })
    }
  })

  test('do not show the value of one who wrote NAME=VALUE for the name', async () => {
    const { json, text } = await change({ set: { 'KEY=canary': 'x' } })
    expect(json['facts']).toMatchObject({ name: 'KEY' })
    expect(text).not.toContain('canary')
  })
})

describe('a path or a method that there is not', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v2/apps'],
    ['PUT', '/v1/apps'],
    ['HEAD', '/v1/apps'],
    ['OPTIONS', '/v1/apps'],
    ['TRACE', '/v1/apps'],
    ['PROPFIND', '/v1/apps/shop'],
    ['PURGE', '/v1/apps'],
    ['DELETE', '/v1/apps'],
    ['PUT', '/git/shop.git/info/refs'],
  ])('%s %s is said to be unknown', async (method, path) => {
    const rig = await startShop()
    const { status, json, headers } = await ask(rig, path, { method })
    expect(status).toBe(404)
    expect(headers['access-control-allow-origin']).toBeUndefined()
    if (method === 'HEAD' || path.startsWith('/git/')) return
    expect(json).toMatchObject({ code: 'path.unknown', facts: { path: `${method} ${path}` } })
  })
})

describe('what is no request', () => {
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    [
      'two lengths',
      'POST /v1/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    ],
    [
      'a length and chunks',
      'POST /v1/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['NUL in a header', 'GET /v1/health HTTP/1.1\r\nHost: x\r\nX-A: \0\r\n\r\n'],
  ])('%s is answered with a failure and the connection is closed', async (_name, bytes) => {
    const rig = await startApi()
    const answer = await sayRaw(rig, bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'request.invalid' })
  })

  test('headers without end are refused', async () => {
    const rig = await startApi()
    const bytes = `GET /v1/health HTTP/1.1\r\nHost: x\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`
    expect(await sayRaw(rig, bytes)).toMatch(/^HTTP\/1\.1 431 /)
  })
})

test('whatever comes as a path or a body, the answer is a failure in words and never a bug', async () => {
  const rig = await startShop()
  const path = fastCheck
    .array(
      fastCheck.oneof(
        fastCheck.constantFrom(
          'v1',
          'apps',
          'shop',
          'environments',
          'production',
          'secrets',
          'builds',
          '1',
          'log',
          'git',
          'shop.git',
          '..',
        ),
        fastCheck.string().map(encodeURIComponent),
        fastCheck.string({ unit: fastCheck.constantFrom('%', '/', '?', ';', '.', 'a', '&', '=') }),
      ),
      { maxLength: 8 },
    )
    .map((parts) => `/${parts.join('/')}`)
  const method = fastCheck.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT')
  await fastCheck.assert(
    fastCheck.asyncProperty(method, path, fastCheck.json(), async (asked, where, raw) => {
      const { status, text } = await ask(rig, where, {
        method: asked,
        ...(asked === 'GET' ? {} : { raw }),
      })
      expect(status, `${asked} ${where} ${raw}: ${text}`).toBeLessThan(500)
    }),
    { numRuns: 300 },
  )
}, 60_000)
