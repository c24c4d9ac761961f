/** Bytes of a client that mean one thing to one program and another to the next. */
export type RawRequest = {
  what: string
  bytes: string
  /** What is sent when the app has seen the first three bytes of the body. */
  then?: string
  /** The statuses that come back, in turn; then the connection ends. */
  gets: readonly number[]
  /** What the app sees, "GET / body" each; nothing where it is left out. */
  reaches?: readonly string[]
}

const host = 'Host: shop.test\r\n'
const close = 'Connection: close\r\n'
const chunked = 'Transfer-Encoding: chunked\r\n'
/** What must never arrive. */
const second = 'GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n'
const post = (headers: string, body: string) => `POST /p HTTP/1.1\r\n${host}${headers}\r\n${body}`
const get = (headers: string) => `GET /g HTTP/1.1\r\n${host}${headers}${close}\r\n`
const chunks = (body: string) => post(`${close}${chunked}`, body)

const bad = (what: string, bytes: string, gets: readonly number[] = [400]): RawRequest => ({
  what,
  bytes,
  gets,
})
/** A body that goes wrong when its beginning has reached the app, which never gets a whole one. */
const half = (what: string, then: string): RawRequest => ({
  what,
  bytes: chunks('3\r\nabc\r\n'),
  then,
  gets: [400],
  reaches: ['POST /p abc'],
})
const good = (what: string, bytes: string, ...reaches: string[]): RawRequest => ({
  what,
  bytes,
  gets: reaches.map(() => 200),
  reaches,
})

export const smuggling: readonly RawRequest[] = [
  // The length of a body
  good('one length', post(`${close}Content-Length: 5\r\n`, 'hello'), 'POST /p hello'),
  bad(
    'two lengths that differ',
    post('Content-Length: 5\r\nContent-Length: 6\r\n', `hello${second}`),
  ),
  bad(
    'the same length twice',
    post('Content-Length: 5\r\nContent-Length: 5\r\n', `hello${second}`),
  ),
  bad('two lengths in one header', post('Content-Length: 5, 5\r\n', `hello${second}`)),
  bad('a negative length', post('Content-Length: -5\r\n', `hello${second}`)),
  bad('a length with a sign', post('Content-Length: +5\r\n', `hello${second}`)),
  bad('a length in hexadecimal', post('Content-Length: 0x5\r\n', `hello${second}`)),
  bad('a length with a fraction', post('Content-Length: 5.0\r\n', `hello${second}`)),
  bad('a length with an exponent', post('Content-Length: 5e0\r\n', `hello${second}`)),
  bad('a length with a blank in it', post('Content-Length: 5 0\r\n', `hello${second}`)),
  bad('a length that is no number', post('Content-Length: five\r\n', `hello${second}`)),
  bad('an empty length', post('Content-Length:\r\n', second)),
  bad('a length above 64 bits', post('Content-Length: 18446744073709551621\r\n', `hello${second}`)),
  bad('a length in quotes', post('Content-Length: "5"\r\n', `hello${second}`)),
  good(
    'a length with blanks around it',
    post(`${close}Content-Length:   5  \r\n`, 'hello'),
    'POST /p hello',
  ),
  good(
    'a length with zeros before it',
    post(`${close}Content-Length: 0005\r\n`, 'hello'),
    'POST /p hello',
  ),
  bad('a length after a form feed', post('Content-Length: \x0c5\r\n', `hello${second}`)),
  good(
    'a length whose name has an underscore',
    post(`${close}Content_Length: 500\r\n`, ''),
    'POST /p ',
  ),

  // A length and chunks at once
  bad('a length, then chunks', post(`Content-Length: 5\r\n${chunked}`, `0\r\n\r\n${second}`)),
  bad('chunks, then a length', post(`${chunked}Content-Length: 5\r\n`, `0\r\n\r\n${second}`)),
  bad(
    'chunks, then a length of 0',
    post(`${chunked}Content-Length: 0\r\n`, `5\r\nhello\r\n0\r\n\r\n${second}`),
  ),
  bad(
    'a length of 0, then chunks',
    post(`Content-Length: 0\r\n${chunked}`, `5\r\nhello\r\n0\r\n\r\n${second}`),
  ),
  bad(
    'a length and identity',
    post('Content-Length: 5\r\nTransfer-Encoding: identity\r\n', `hello${second}`),
  ),

  // How a transfer encoding is written
  good('chunks', chunks('5\r\nhello\r\n0\r\n\r\n'), 'POST /p hello'),
  good(
    'chunks in capitals',
    post(`${close}Transfer-Encoding: CHUNKED\r\n`, '5\r\nhello\r\n0\r\n\r\n'),
    'POST /p hello',
  ),
  good(
    'chunks after a tab',
    post(`${close}Transfer-Encoding:\tchunked\r\n`, '5\r\nhello\r\n0\r\n\r\n'),
    'POST /p hello',
  ),
  bad('chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${second}`)),
  bad('identity, chunked', post('Transfer-Encoding: identity, chunked\r\n', `0\r\n\r\n${second}`)),
  bad('gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${second}`)),
  bad(
    'chunked twice in one header',
    post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${second}`),
  ),
  bad('chunked in two headers', post(`${chunked}${chunked}`, `0\r\n\r\n${second}`)),
  bad(
    'chunked, then identity in two headers',
    post(`${chunked}Transfer-Encoding: identity\r\n`, `0\r\n\r\n${second}`),
  ),
  bad(
    'identity alone',
    post('Transfer-Encoding: identity\r\n', `5\r\nhello\r\n0\r\n\r\n${second}`),
  ),
  bad('xchunked', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${second}`)),
  bad('chunkedx', post('Transfer-Encoding: chunkedx\r\n', `0\r\n\r\n${second}`)),
  bad('chunked with a parameter', post('Transfer-Encoding: chunked;q=1\r\n', `0\r\n\r\n${second}`)),
  bad('chunked in quotes', post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${second}`)),
  bad('a comma before chunked', post('Transfer-Encoding: ,chunked\r\n', `0\r\n\r\n${second}`)),
  bad('an empty transfer encoding', post('Transfer-Encoding:\r\n', `0\r\n\r\n${second}`)),
  bad(
    'chunked after a vertical tab',
    post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${second}`),
  ),
  bad('chunked before a NUL', post('Transfer-Encoding: chunked\0\r\n', `0\r\n\r\n${second}`)),
  bad('a blank before the colon', post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${second}`)),
  bad('a tab before the colon', post('Transfer-Encoding\t: chunked\r\n', `0\r\n\r\n${second}`)),
  bad(
    'a blank before the name',
    post('X: 1\r\n Transfer-Encoding: chunked\r\n', `0\r\n\r\n${second}`),
  ),
  good('a name with an underscore', post(`${close}Transfer_Encoding: chunked\r\n`, ''), 'POST /p '),
  bad('chunks in HTTP/1.0', `POST /p HTTP/1.0\r\n${host}${chunked}\r\n0\r\n\r\n${second}`),

  // Lines that go on in the next one
  bad(
    'a folded transfer encoding',
    post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${second}`),
  ),
  bad('a folded length', post('Content-Length: 1\r\n 0\r\n', `h${second}`)),
  bad('a folded header of no meaning', get('X: a\r\n b\r\n')),
  bad('a folded host', `GET /g HTTP/1.1\r\nHost: shop.test\r\n .evil.test\r\n${close}\r\n`),
  bad('a first header that is folded', `GET /g HTTP/1.1\r\n Host: shop.test\r\n${close}\r\n`),

  // The size of a chunk
  half('a size above 64 bits', `10000000000000005\r\nhello\r\n0\r\n\r\n${second}`),
  half('a negative size', `-5\r\nhello\r\n0\r\n\r\n${second}`),
  half('a size with 0x', `0x5\r\nhello\r\n0\r\n\r\n${second}`),
  half('a size with a sign', `+5\r\nhello\r\n0\r\n\r\n${second}`),
  half('a blank before the size', ` 5\r\nhello\r\n0\r\n\r\n${second}`),
  half('a blank after the size', `5 \r\nhello\r\n0\r\n\r\n${second}`),
  half('no size', `\r\nhello\r\n0\r\n\r\n${second}`),
  half('a size that is no number', `zz\r\nhello\r\n0\r\n\r\n${second}`),
  half('a size with an underscore', `1_0\r\nhello\r\n0\r\n\r\n${second}`),
  half('a size that ends with LF alone', `5\nhello\r\n0\r\n\r\n${second}`),
  half('a size that ends with CR alone', `5\rhello\r\n0\r\n\r\n${second}`),
  good(
    'capitals, and zeros before it',
    chunks('000A\r\nhellohello\r\n000\r\n\r\n'),
    'POST /p hellohello',
  ),
  good(
    'an extension, which is dropped',
    chunks('5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'),
    'POST /p hello',
  ),
  half('an extension with LF', `5;a\nhello\r\n0\r\n\r\n${second}`),
  half('an extension with CR', `5;a\rb\r\nhello\r\n0\r\n\r\n${second}`),
  half('an extension of 20 KB', `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n${second}`),
  half('a chunk that is longer than its size', `5\r\nhelloX\r\n0\r\n\r\n${second}`),
  half('a chunk without its CRLF', `5\r\nhello0\r\n\r\n${second}`),
  half('a chunk that ends with LF alone', `5\r\nhello\n0\r\n\r\n${second}`),
  half('an end with LF alone', `5\r\nhello\r\n0\n\n${second}`),
  good(
    'trailers, which are dropped',
    chunks('5\r\nhello\r\n0\r\nX-Sum: 1\r\nHost: evil.test\r\n\r\n'),
    'POST /p hello',
  ),
  half('a length among the trailers', `5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n${second}`),
  half('a trailer without a colon', `5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n${second}`),

  // The ends of lines
  bad('LF alone after the request line', `GET /g HTTP/1.1\n${host}${close}\r\n`),
  bad('LF alone after a header', `GET /g HTTP/1.1\r\nHost: shop.test\n${close}\r\n`),
  bad('LF alone in a header', get('X: a\nTransfer-Encoding: chunked\r\n')),
  bad('LF alone at the end of the head', `GET /g HTTP/1.1\r\n${host}${close}\n${second}`),
  bad('CR alone after the request line', `GET /g HTTP/1.1\r${host}${close}\r\n`),
  bad('CR alone in a header', get('X: a\rTransfer-Encoding: chunked\r\n')),
  bad('CR alone after a header', `GET /g HTTP/1.1\r\nHost: shop.test\r${close}\r\n`),
  bad('CR CR LF after a header', get('X: a\r\r\n')),
  bad('a NUL in a header', get('X: a\0b\r\n')),
  bad('a NUL in the name of a header', get('X\0: a\r\n')),
  bad('a NUL in the target', `GET /g\0 HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a control sign in a header', get('X: a\x07b\r\n')),
  bad('a header without a name', get(': a\r\n')),
  bad('a header without a colon', get('Transfer-Encoding\r\n')),
  bad('a name with a blank in it', get('X Y: a\r\n')),
  bad('a name in brackets', get('(X): a\r\n')),
  bad('a name that is no ASCII', get('X\xe9: a\r\n')),
  good('two empty lines before a request', `\r\n\r\n${get('')}`, 'GET /g '),

  // The request line
  good(
    'two blanks before the version, of which one goes on',
    `GET /g  HTTP/1.1\r\n${host}${close}\r\n`,
    'GET /g ',
  ),
  bad('a tab in the request line', `GET\t/g HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a blank before the method', ` GET /g HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a blank in the target', `GET /g /x HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a method in small letters', `get /g HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a method that nobody knows', `SMUGGLE /g HTTP/1.1\r\n${host}${close}\r\n`),
  bad('no target', `GET HTTP/1.1\r\n${host}${close}\r\n`),
  bad('no version: HTTP/0.9', 'GET /g\r\n\r\n'),
  bad('HTTP/0.9 by its name', `GET /g HTTP/0.9\r\n${host}${close}\r\n`),
  bad('HTTP/2.0 by its name', `GET /g HTTP/2.0\r\n${host}${close}\r\n`),
  bad('HTTP/1.2', `GET /g HTTP/1.2\r\n${host}${close}\r\n`),
  bad('HTTP/1.10', `GET /g HTTP/1.10\r\n${host}${close}\r\n`),
  bad('a version in small letters', `GET /g http/1.1\r\n${host}${close}\r\n`),
  good('RTSP/1.0, which is read as HTTP', `GET /g RTSP/1.0\r\n${host}${close}\r\n`, 'GET /g '),
  bad('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  bad('the hello of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  good('HTTP/1.0', `GET /g HTTP/1.0\r\n${host}\r\n`, 'GET /g '),
  bad('a target of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}${close}\r\n`, [431]),
  bad('headers of 20 KB', get(`X: ${'x'.repeat(20_000)}\r\n`), [431]),
  bad('201 headers', `GET /g HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(200)}\r\n`, [431]),
  good('200 headers', `GET /g HTTP/1.1\r\n${host}${close}${'A: b\r\n'.repeat(198)}\r\n`, 'GET /g '),

  // Methods and targets that are about no path
  bad('TRACE', `TRACE /g HTTP/1.1\r\n${host}\r\n`, [405]),
  bad('CONNECT', `CONNECT shop.test:80 HTTP/1.1\r\n${host}\r\n${second}`, [405]),
  bad('a target that is a host and a port', `GET shop.test:80 HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a target that is an asterisk', `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a target without a slash', `GET g HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a target that is no ASCII', `GET /\xe9 HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a target with a fragment', `GET /g#x HTTP/1.1\r\n${host}${close}\r\n`),
  bad('a whole address of another scheme', `GET ftp://shop.test/g HTTP/1.1\r\n${host}${close}\r\n`),
  bad(
    'a whole address with a user',
    `GET http://shop.test@evil.test/g HTTP/1.1\r\n${host}${close}\r\n`,
  ),
  bad('a whole address without a host', `GET http:///g HTTP/1.1\r\n${host}${close}\r\n`),
  good(
    'a whole address beside another Host',
    `GET http://shop.test/g HTTP/1.1\r\nHost: evil.test\r\n${close}\r\n`,
    'GET /g ',
  ),

  // Requests behind requests
  good(
    'two requests in one packet',
    `GET /a HTTP/1.1\r\n${host}\r\n${get('')}`,
    'GET /a ',
    'GET /g ',
  ),
  good(
    'a body that looks like a request',
    post(`${close}Content-Length: ${second.length}\r\n`, second),
    `POST /p ${second}`,
  ),
  good(
    'a GET with a body that looks like a request',
    `GET /g HTTP/1.1\r\n${host}${close}Content-Length: ${second.length}\r\n\r\n${second}`,
    `GET /g ${second}`,
  ),
  good(
    'a chunk that looks like a request',
    chunks(`${second.length.toString(16)}\r\n${second}\r\n0\r\n\r\n`),
    `POST /p ${second}`,
  ),
  good('a request after the last one', `${get('')}${second}`, 'GET /g '),
  good(
    'a request after an offered upgrade',
    `GET /g HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${second}`,
    'GET /g ',
  ),
  good(
    'a request after an offer of HTTP/2',
    `GET /g HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n${get('')}`,
    'GET /g ',
    'GET /g ',
  ),
  good(
    'an offered upgrade behind a request',
    `GET /a HTTP/1.1\r\n${host}\r\nGET /g HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${second}`,
    'GET /a ',
    'GET /g ',
  ),
  good(
    'an offer of HTTP/2 between two requests',
    `GET /a HTTP/1.1\r\n${host}\r\nGET /b HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n${get('')}`,
    'GET /a ',
    'GET /b ',
    'GET /g ',
  ),
  {
    what: 'CONNECT behind a request',
    bytes: `GET /a HTTP/1.1\r\n${host}\r\nCONNECT shop.test:80 HTTP/1.1\r\n${host}\r\n${second}`,
    gets: [200, 405],
    reaches: ['GET /a '],
  },
  bad(
    'an offered upgrade with two lengths',
    post(
      'Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n',
      `hello${second}`,
    ),
  ),
  {
    what: 'nonsense after a request',
    bytes: `GET /a HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`,
    gets: [400],
  },
]
