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
    if (hopByHop.has(key) || ours.has(key) || dropped?.has(key) || isForwardedClaim(key)) continue
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
  for (const item of raw) headers.push(typeof item === 'string' ? item : item.toString('latin1'))
  const dropped = namedBy(connectionIn(headers))
  return headers.filter((_, at) => {
    const key = (headers[at - (at % 2)] as string).toLowerCase()
    return !hopByHop.has(key) && !dropped?.has(key)
  })
}

/** The protocol that a request asks to change to, and the app may be asked for. */
export function upgradeIn(headers: IncomingHttpHeaders): string | null {
  const protocol = headers.upgrade
  const hasBody =
    headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  // HTTP/2 inside the connection would hide later requests from the router.
  if (protocol === undefined || hasBody || /\bh2c?\b/i.test(protocol)) return null
  return protocol
}

/** Names with underscores too: many frameworks read both the same. */
const isForwardedClaim = (key: string): boolean =>
  key.startsWith('x-forwarded-') ||
  (key.includes('_') && key.replaceAll('_', '-').startsWith('x-forwarded-'))

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

function connectionIn(headers: readonly string[]): string | undefined {
  const values: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2)
    if ((headers[at] as string).toLowerCase() === 'connection')
      values.push(headers[at + 1] as string)
  return values.length === 0 ? undefined : values.join(',')
}
