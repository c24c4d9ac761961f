import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { get as httpGet, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isHashed } from '../../src/build/static/site.ts'
import { type Running, removeStaticServer, start, staticServer } from './bench.ts'

let folder: string
let outside: string
let server: Running

const files: Record<string, string> = {
  'index.html': '<h1>home</h1>',
  'about.html': 'about',
  '404.html': '<h1>lost</h1>',
  'style.css': 'body {}',
  'notes.txt': '나루',
  'data.unknown': 'x',
  'letters.txt': 'abcdefghij',
  'empty.txt': '',
  'docs/index.html': 'docs',
  'folder/file.txt': 'in a folder',
  'a b/한글.html': 'spaces',
  'naru.yaml': 'app: x',
  '.env': 'private',
  '.well-known/security.txt': 'contact',
  '.git/config': 'private',
  'assets/index-BxYz12_a.js': 'js',
  'main.3f2a9c1b.css': 'css',
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-site-'))
  outside = await mkdtemp(join(tmpdir(), 'naru-outside-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await writeFile(join(folder, 'big.bin'), Buffer.alloc(8 * 1024 * 1024, 1))
  await writeFile(join(outside, 'file.txt'), 'not yours')
  await symlink(join(outside, 'file.txt'), join(folder, 'link.txt'))
  await symlink('style.css', join(folder, 'inner-link.css'))
  await symlink('/nowhere', join(folder, 'dangling.txt'))
  await symlink('loop', join(folder, 'loop'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  server = await start(folder, ['node', await staticServer(), '.'], null)
})

afterAll(async () => {
  server.child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
  await rm(outside, { recursive: true, force: true })
  await removeStaticServer()
})

type Answer = { status: number; headers: IncomingHttpHeaders; text: string }

/** As `fetch`, but the path is sent as it is written here. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  at: Running = server,
): Promise<Answer> {
  const { port } = new URL(at.url)
  return new Promise((resolve, reject) => {
    const request = httpGet(
      { host: '127.0.0.1', port, path, headers, method, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
  })
}

describe('the static server', () => {
  test.each([
    ['/', '<h1>home</h1>', 'text/html; charset=utf-8'],
    ['/index.html', '<h1>home</h1>', 'text/html; charset=utf-8'],
    ['/about', 'about', 'text/html; charset=utf-8'],
    ['/docs/', 'docs', 'text/html; charset=utf-8'],
    ['/style.css?v=1', 'body {}', 'text/css; charset=utf-8'],
    ['/notes.txt', '나루', 'text/plain; charset=utf-8'],
    ['/data.unknown', 'x', 'application/octet-stream'],
    ['/empty.txt', '', 'text/plain; charset=utf-8'],
    ['/a%20b/%ED%95%9C%EA%B8%80.html', 'spaces', 'text/html; charset=utf-8'],
    ['/inner-link.css', 'body {}', 'text/css; charset=utf-8'],
    ['/.well-known/security.txt', 'contact', 'text/plain; charset=utf-8'],
    ['http://elsewhere.example/notes.txt', '나루', 'text/plain; charset=utf-8'],
  ])('answers %s with its file and type', async (path, text, type) => {
    const answer = await ask(path)
    expect(answer).toMatchObject({ status: 200, text })
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
    })
  })

  test.each([
    '/nothing',
    '/folder',
    '/folder/',
    '/style.css/',
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/folder/../.env',
    '/naru.yaml',
    '/../outside',
    '/..%2f..%2fetc%2fpasswd',
    '/%00',
    '/style.css%00',
    '/link.txt',
    '/dangling.txt',
    '/loop',
    '/pipe',
    '/.well-known/../.env',
    '//etc/passwd',
    `/${'a'.repeat(5000)}`,
    '/docs/.well-known/x',
  ])('has nothing at %s, and shows 404.html', async (path) => {
    const answer = await ask(path)
    expect(answer).toMatchObject({ status: 404, text: '<h1>lost</h1>' })
    expect(answer.headers['cache-control']).toBe('no-cache')
    expect(answer.headers.etag).toBeUndefined()
  })

  test('sends a folder without its slash to its page, never to another host', async () => {
    expect(await ask('/docs?a=1')).toMatchObject({
      status: 301,
      headers: { location: '/docs/?a=1' },
    })
    expect(await ask('//docs')).toMatchObject({ status: 301, headers: { location: '/docs/' } })
  })

  test('refuses what is no address and what is no reading', async () => {
    expect((await ask('/%zz')).status).toBe(400)
    expect(await ask('/', {}, 'POST')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    })
  })

  test('answers HEAD with the headers alone', async () => {
    const answer = await ask('/letters.txt', {}, 'HEAD')
    expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-length': '10' } })
  })

  test('says 304 to who has the file already', async () => {
    const { headers } = await ask('/letters.txt')
    const etag = String(headers.etag)
    expect(await ask('/letters.txt', { 'If-None-Match': etag })).toMatchObject({
      status: 304,
      text: '',
    })
    expect((await ask('/letters.txt', { 'If-None-Match': `"x", W/${etag}` })).status).toBe(304)
    expect((await ask('/letters.txt', { 'If-None-Match': '"x"' })).status).toBe(200)
  })

  test('has pages revalidated, and only names with a hash kept for good', async () => {
    const cache = async (path: string) => (await ask(path)).headers['cache-control']
    expect(await cache('/')).toBe('no-cache')
    expect(await cache('/style.css')).toBe('no-cache')
    expect(await cache('/assets/index-BxYz12_a.js')).toBe('public, max-age=31536000, immutable')
    expect(await cache('/main.3f2a9c1b.css')).toBe('public, max-age=31536000, immutable')
    for (const name of [
      '/s/my-component.js',
      '/s/report-20240101.pdf',
      '/s/photo-iphone15pro.jpg',
      '/a-IMG12345.jpg',
      '/s/x.deadbeef.js',
    ]) {
      expect([name, isHashed(name)]).toEqual([name, false])
    }
    for (const name of [
      '/s/main.3f2a9c1b.chunk.js.map',
      '/static/js/2.8f3a9c1b.js',
      '/_astro/a/page.DxY9zQ1k.css',
    ]) {
      expect([name, isHashed(name)]).toEqual([name, true])
    }
  })

  test.each([
    ['bytes=0-2', 206, 'abc', 'bytes 0-2/10'],
    ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=-99', 206, 'abcdefghij', 'bytes 0-9/10'],
    ['bytes=8-99', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=5-2', 200, 'abcdefghij', undefined],
    ['bytes=0-1,3-4', 200, 'abcdefghij', undefined],
    ['lines=1-2', 200, 'abcdefghij', undefined],
    ['bytes=-', 200, 'abcdefghij', undefined],
    ['bytes=10-', 416, 'The file is shorter than that\n', 'bytes */10'],
    ['bytes=-0', 416, 'The file is shorter than that\n', 'bytes */10'],
    ['bytes=99999999999999999999-', 416, 'The file is shorter than that\n', 'bytes */10'],
  ])('answers %s with %i', async (range, status, text, contentRange) => {
    const answer = await ask('/letters.txt', { Range: range })
    expect(answer).toMatchObject({ status, text })
    expect(answer.headers['content-range']).toBe(contentRange)
  })

  test('does not mix the parts of two versions', async () => {
    expect((await ask('/letters.txt', { Range: 'bytes=0-2', 'If-Range': '"old"' })).status).toBe(
      200,
    )
    const { headers } = await ask('/letters.txt')
    expect(
      (await ask('/letters.txt', { Range: 'bytes=0-2', 'If-Range': String(headers.etag) })).status,
    ).toBe(206)
  })

  test('lets go of a file when its reader goes away', async () => {
    const open = () =>
      execFileSync('ls', ['-l', `/proc/${server.child.pid}/fd`])
        .toString()
        .split('big.bin').length - 1
    for (let n = 0; n < 20; n += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
        socket.write('GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n')
        socket.once('data', () => {
          socket.destroy()
          resolve()
        })
      })
    }
    while (open() > 0) await new Promise(setImmediate)
    expect((await ask('/letters.txt')).status).toBe(200)
  })

  test('finishes what it is sending when told to stop', async () => {
    const other = await start(folder, ['node', await staticServer(), '.'], null)
    const { port } = new URL(other.url)
    const received = await new Promise<number>((resolve, reject) => {
      let size = 0
      httpGet({ host: '127.0.0.1', port, path: '/big.bin' }, (response) => {
        response.once('readable', () => {
          other.child.kill('SIGTERM')
          response.on('data', (chunk: Buffer) => (size += chunk.length))
          response.on('end', () => resolve(size))
          response.on('error', reject)
        })
      })
    })
    expect(received).toBe(8 * 1024 * 1024)
    expect(await other.ended).toBe(0)
  })

  test('says in words that a page is missing where there is no 404.html', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'naru-bare-'))
    await chmod(bare, 0o755)
    const other = await start(bare, ['node', await staticServer(), '.'], null)
    expect(await ask('/', {}, 'GET', other)).toMatchObject({ status: 404, text: 'Not found\n' })
    other.child.kill('SIGTERM')
    expect(await other.ended).toBe(0)
    await rm(bare, { recursive: true })
  })
})
