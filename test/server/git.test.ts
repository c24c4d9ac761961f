import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import type { GitRequest } from '../../src/server/parts.ts'
import { ask, open, sha256, startShop, token } from './rig.ts'

const gitType = { 'content-type': 'application/x-git-receive-pack-request' }

describe('a request of git', () => {
  test('is handed on with its app, path, query and pusher', async () => {
    const rig = await startShop()
    const asked: GitRequest[] = []
    rig.git = async (_request, response, facts) => {
      asked.push(facts)
      response.end('refs')
    }
    const { text } = await ask(rig, '/git/shop.git/info/refs?service=git-receive-pack')
    expect(text).toBe('refs')
    expect(asked).toEqual([
      {
        app: 'shop',
        path: 'info/refs',
        query: { service: 'git-receive-pack' },
        pusher: { name: 'laptop', token },
        language: 'en',
      },
    ])
  })

  test('is handed on with the language that its pusher reads', async () => {
    const rig = await startShop()
    const asked: string[] = []
    rig.git = async (_request, response, { language }) => {
      asked.push(language)
      response.end()
    }
    for (const language of ['ko-KR, ko;q=0.9, *;q=0.8', 'fr', 'en, ko;q=0.5']) {
      const headers = { 'accept-language': language }
      await ask(rig, '/git/shop.git/info/refs?service=git-receive-pack', { headers })
    }
    expect(asked).toEqual(['ko', 'en', 'en'])
  })

  test('has its body unread, whatever its type and size', async () => {
    const rig = await startShop()
    rig.git = async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      response.end(sha256(Buffer.concat(chunks).toString('latin1')))
    }
    const raw = randomBytes(5 * 1024 * 1024)
    for (const type of [
      'application/x-git-receive-pack-request',
      'application/json',
      'text/plain',
    ]) {
      const headers = { 'content-type': type, 'content-encoding': 'gzip' }
      const { text } = await ask(rig, '/git/shop.git/git-receive-pack', {
        method: 'POST',
        raw,
        headers,
      })
      expect(text).toBe(sha256(raw.toString('latin1')))
    }
  })

  test('streams its answer', async () => {
    const rig = await startShop()
    let finish = () => {}
    rig.git = async (_request, response) => {
      response.write('first')
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      response.end('second')
    }
    const raw = ''
    const response = await open(rig, '/git/shop.git/git-receive-pack', {
      method: 'POST',
      raw,
      headers: gitType,
    })
    const seen: string[] = []
    for await (const chunk of response) {
      seen.push(String(chunk))
      finish()
    }
    expect(seen).toEqual(['first', 'second'])
  })

  test('that is refused is answered in plain text, which git shows', async () => {
    const rig = await startShop()
    rig.git = async () => {
      throw new NaruError('path.unknown', { path: 'objects/pack' })
    }
    const { status, headers, text } = await ask(rig, '/git/shop.git/objects/pack')
    expect(status).toBe(404)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(text.split('\n')[0]).toBe('the API has no path "objects/pack"')
  })

  test('that breaks after its answer began is cut, and the stack is in the log', async () => {
    const rig = await startShop()
    rig.git = async (_request, response) => {
      response.write('half')
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('git broke')
    }
    await expect(ask(rig, '/git/shop.git/info/refs')).rejects.toThrow('aborted')
    expect(rig.logged.join('')).toContain('Error: git broke')
  })

  test('leaves a line in the log', async () => {
    const rig = await startShop()
    await ask(rig, '/git/shop.git/info/refs?service=git-upload-pack')
    const line = () => rig.logged.find((each) => each.includes('/git/shop.git/info/refs'))
    await expect.poll(line).toContain('"status":200')
    expect(line()).not.toContain('git-upload-pack')
  })

  test.each([
    ['/git/gone.git/info/refs', 404, 'there is no app "gone"'],
    ['/git/Shop.git/info/refs', 400, '"Shop" cannot be the name of an app'],
    ['/git/--help.git/info/refs', 400, 'cannot be the name'],
    ['/git/%73hop.git/info/refs', 400, 'cannot be the name'],
    ['/git/shop%2f..%2fblog.git/info/refs', 400, 'cannot be the name'],
    ['/git/shop/info/refs', 404, 'no path'],
    ['/git/shop.git', 404, 'no path'],
    ['/git/shop.git/', 404, 'no path'],
    ['/git/../v1/apps', 404, 'no path'],
    ['/git/shop.git/../../v1/apps', 404, 'no path'],
    ['/git/shop.git/%2e%2e/%2e%2e/v1/apps', 404, 'no path'],
  ])('to %s is refused', async (path, status, message) => {
    const rig = await startShop()
    const seen: GitRequest[] = []
    rig.git = async (_request, response, facts) => {
      seen.push(facts)
      response.end()
    }
    const answer = await ask(rig, path)
    expect(seen).toEqual([])
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)])
  })
})
