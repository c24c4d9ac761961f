import type { IncomingHttpHeaders } from 'node:http'

/** What belongs to one connection and is never handed on, in either direction. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** What only the router may say to an app. `proxy` would become HTTP_PROXY in a CGI program. */
const ours = new Set(['host', 'expect', 'forwarded', 'x-real-ip', 'proxy'])

/**
 * Headers for the app, names and values in turn: what the client sent, without what belongs to its connection
 * and without what it claims about itself.
 */
export function requestHeaders(
  raw: readonly string[],
  connection: string | undefined,
  from: { authority: string; peer: string },
): string[] {
  const dropped = namedBy(connection)
  const headers = ['host', from.authority]
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string
    const key = name.toLowerCase()
    if (hopByHop.has(key) || ours.has(key) || dropped?.has(key) || isClaim(key)) continue
    headers.push(name, raw[at + 1] as string)
  }
  headers.push(
    'x-forwarded-for',
    from.peer,
    'x-forwarded-proto',
    'http',
    'x-forwarded-host',
    from.authority,
  )
  return headers
}

/** Headers for the client, names and values in turn, repeated ones repeated. */
export function responseHeaders(raw: readonly (Buffer | string)[]): string[] {
  const headers: string[] = []
  let connection: string | undefined
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = textOf(raw[at] as Buffer | string)
    const value = textOf(raw[at + 1] as Buffer | string)
    const key = name.toLowerCase()
    if (key === 'connection')
      connection = connection === undefined ? value : `${connection},${value}`
    if (!hopByHop.has(key)) headers.push(name, value)
  }
  const dropped = namedBy(connection)
  if (dropped === null) return headers
  return headers.filter((_, at) => !dropped.has((headers[at - (at % 2)] as string).toLowerCase()))
}

const textOf = (item: Buffer | string): string =>
  typeof item === 'string' ? item : item.toString('latin1')

/** The protocol that a request asks to change to, and the app may be asked for. */
export function upgradeIn(headers: IncomingHttpHeaders): string | null {
  const protocol = headers.upgrade
  const hasBody =
    headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  // HTTP/2 inside the connection would hide later requests from the router.
  if (protocol === undefined || hasBody || /\bh2c?\b/i.test(protocol)) return null
  return protocol
}

/** Many frameworks read underscores and dashes as the same: whose name could be taken for one that is checked is dropped. */
function isClaim(key: string): boolean {
  if (!key.includes('_')) return key.startsWith('x-forwarded')
  const name = key.replaceAll('_', '-')
  return (
    name.startsWith('x-forwarded') ||
    hopByHop.has(name) ||
    ours.has(name) ||
    name === 'content-length'
  )
}

/** The headers that a `Connection` header declares to be its own; framing is never among them. */
function namedBy(connection: string | undefined): Set<string> | null {
  if (connection === undefined || simple.has(connection.toLowerCase())) return null
  const names = new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  names.delete('content-length')
  return names
}

const simple = new Set(['keep-alive', 'close', 'upgrade'])
