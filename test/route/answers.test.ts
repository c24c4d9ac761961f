import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { routeTo } from './backend.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { ask, askRaw } from './visitor.ts'

let router: InProcess
const closings: (() => unknown)[] = []

beforeAll(async () => {
  router = await inProcess()
})
afterAll(() => router.close())
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

/** An app whose first answer are these bytes, on a connection that it keeps; what it is asked after that it answers with `clean`. */
async function appThatAnswers(bytes: string, end: boolean) {
  let asked = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', () => {
      asked += 1
      if (asked > 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean')
      else if (end) socket.end(bytes, 'latin1')
      else socket.write(bytes, 'latin1')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  closings.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { id: `answers-${port}`, host: '127.0.0.1', port }
}

const length = (body: string) => `Content-Length: ${body.length}\r\n\r\n${body}`
const ok = `HTTP/1.1 200 OK\r\n${length('fine')}`
const poison = `HTTP/1.1 200 OK\r\n${length('poison')}`
const chunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

type Row = [what: string, bytes: string, gets: string, end?: 'end']
/** What the visitor gets: a status and a body, or `broken off`. */
const rows: Row[] = [
  ['one answer', ok, '200 fine'],
  ['a second answer behind it', `${ok}${poison}`, '200 fine'],
  ['more body than its length', `${ok} and more`, '200 fine'],
  [
    'less body than its length',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfine',
    'broken off',
    'end',
  ],
  [
    'a length and chunks',
    `HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n`,
    '502',
  ],
  [
    'chunks and a length',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nfine\r\n0\r\n\r\n`,
    '502',
  ],
  [
    'the same length twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nfine',
    '502',
  ],
  ['two lengths in one header', 'HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nfine', '502'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nfine', '502'],
  ['a folded header', `HTTP/1.1 200 OK\r\nX: a\r\n b\r\n${length('fine')}`, '502'],
  ['a blank before a colon', `HTTP/1.1 200 OK\r\nX : a\r\n${length('fine')}`, '502'],
  ['a header without a name', `HTTP/1.1 200 OK\r\n: a\r\n${length('fine')}`, '502'],
  ['LF alone after a header', `HTTP/1.1 200 OK\r\nX: a\n${length('fine')}`, '502'],
  ['CR alone in a header', `HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\n${length('fine')}`, '502'],
  ['a NUL in a header', `HTTP/1.1 200 OK\r\nX: a\0b\r\n${length('fine')}`, '502'],
  ['a header that is no ASCII', `HTTP/1.1 200 OK\r\nX: \xe9\xff\r\n${length('fine')}`, '200 fine'],
  ['a status that is no number', `HTTP/1.1 abc OK\r\n${length('fine')}`, '502'],
  ['a status of two digits', `HTTP/1.1 99 OK\r\n${length('fine')}`, '502'],
  ['a status of four digits', `HTTP/1.1 2000 OK\r\n${length('fine')}`, '502'],
  ['a status without words', `HTTP/1.1 200\r\n${length('fine')}`, '200 fine'],
  ['HTTP/1.0, which ends with its connection', 'HTTP/1.0 200 OK\r\n\r\nfine', '200 fine', 'end'],
  [
    'HTTP/2.0 by its name, which is read as HTTP/1.1',
    `HTTP/2.0 200 OK\r\n${length('fine')}`,
    '200 fine',
  ],
  ['an unasked 100 Continue', `HTTP/1.1 100 Continue\r\n\r\n${ok}`, '502'],
  ['a hint before it', `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}`, '200 fine'],
  [
    'a flood of hints',
    `${'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(2_000)}${ok}`,
    '502',
  ],
  ['chunks', `${chunks}4\r\nfine\r\n0\r\n\r\n`, '200 fine'],
  ['a trailer, which is dropped', `${chunks}4\r\nfine\r\n0\r\nX: 1\r\n\r\n`, '200 fine'],
  ['a second answer behind its chunks', `${chunks}4\r\nfine\r\n0\r\n\r\n${poison}`, '200 fine'],
  ['a chunk with a size that is none', `${chunks}4\r\nfine\r\nzz\r\n\r\n`, 'broken off'],
  ['a chunk with an endless size', `${chunks}4\r\nfine\r\n${'f'.repeat(17)}\r\n\r\n`, 'broken off'],
  ['a chunk that ends with LF alone', `${chunks}4\r\nfine\n0\r\n\r\n`, 'broken off'],
  ['chunks that never end', `${chunks}4\r\nfine\r\n`, 'broken off', 'end'],
  ['a 204 with a body', `HTTP/1.1 204 No Content\r\n${length('poison')}`, '204'],
  ['a 304 with a body', `HTTP/1.1 304 Not Modified\r\n${length('poison')}`, '304'],
]

describe('an app that answers with', () => {
  it.each(rows)('%s', async (_, bytes, gets, end) => {
    router.apply(routeTo([await appThatAnswers(bytes, end === 'end')]))
    // A POST is sent once, so that the first answer is the one that the visitor gets.
    const got = await ask({ port: router.port, method: 'POST', body: 'x' }).then(
      ({ status, body }) => `${status}${status < 400 && body !== '' ? ` ${body}` : ''}`,
      () => 'broken off',
    )
    expect(got).toBe(gets)
    const next = await ask({ port: router.port })
    expect(next).toMatchObject({ status: 200, body: 'clean' })
  })

  it('a body to a HEAD: the next visitor does not get it', async () => {
    router.apply(routeTo([await appThatAnswers(`${ok}${poison}`, false)]))
    expect(await ask({ port: router.port, method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
    })
    expect((await ask({ port: router.port })).body).toBe('clean')
  })

  it('a transfer encoding of its own: it is taken for what ends with the connection, and said again by the router alone', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\nfine'
    router.apply(routeTo([await appThatAnswers(bytes, true)]))
    const raw = await askRaw(
      router.port,
      'POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    )
    expect(raw.match(/^transfer-encoding: .*$/gim)?.map((line) => line.trim()) ?? []).not.toContain(
      'Transfer-Encoding: chunked, identity',
    )
    expect((await ask({ port: router.port })).body).toBe('clean')
  })
})
