import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What reached an app, read as strictly as it can be: one request a connection, and not a byte beside it. */
export type Seen = { line: string; headers: string[]; body: string; beside: string; whole: boolean }

export type StrictApp = {
  id: string
  host: string
  port: number
  /** One for each connection on which a byte came. */
  seen: Seen[]
  close(): Promise<void>
}

/** An app that keeps every byte it gets, and answers `ok` on a connection that then ends. */
export async function strictApp(
  answer = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
): Promise<StrictApp> {
  const seen: Seen[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    let at = -1
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const now = read(text)
      if (at < 0) at = seen.push(now) - 1
      else seen[at] = now
      if (now.whole && socket.writable) socket.end(answer, 'latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { id: `strict-${port}`, host: '127.0.0.1', port, seen, close }
}

function read(text: string): Seen {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return { line: text, headers: [], body: '', beside: '', whole: false }
  const [line = '', ...headers] = text.slice(0, end).split('\r\n')
  const rest = text.slice(end + 4)
  const lengths = valuesOf(headers, 'content-length')
  const codings = valuesOf(headers, 'transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Error(`told its length twice: ${text}`)
  if (codings.length === 1) return { line, headers, ...readChunks(rest) }
  const length = Number(lengths[0] ?? 0)
  return {
    line,
    headers,
    body: rest.slice(0, length),
    beside: rest.slice(length),
    whole: rest.length >= length,
  }
}

function readChunks(text: string): Pick<Seen, 'body' | 'beside' | 'whole'> {
  let body = ''
  let rest = text
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest)
    if (!size) return { body, beside: '', whole: false }
    const length = Number.parseInt(size[1] as string, 16)
    const from = size[0].length
    if (rest.length < from + length + 2)
      return { body: body + rest.slice(from, from + length), beside: '', whole: false }
    body += rest.slice(from, from + length)
    if (rest.slice(from + length, from + length + 2) !== '\r\n')
      throw new Error(`a chunk without its end: ${text}`)
    rest = rest.slice(from + length + 2)
    if (length === 0) return { body, beside: rest, whole: true }
  }
}

const valuesOf = (headers: readonly string[], name: string): string[] =>
  headers
    .filter((header) => header.toLowerCase().startsWith(`${name}:`))
    .map((header) => header.slice(name.length + 1).trim())
