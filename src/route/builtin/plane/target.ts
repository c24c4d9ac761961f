import type { IncomingMessage } from 'node:http'
import { hostOf } from '../../host.ts'
import { hasDotSegment } from './refusal.ts'

/** Which host and path a request is for. */
export type Target = {
  /** Lower case, without a port. */
  host: string
  /** The host as the client wrote it. */
  authority: string
  /** Path and query. */
  path: string
}

const absolute = /^https?:\/\/([^/?#]*)(.*)$/i

/** The target of a request, or what is wrong with it. The target line wins over `Host`, as RFC 9112 has it. */
export function targetOf({ url = '', rawHeaders }: IncomingMessage): Target | string {
  const hosts = hostHeaders(rawHeaders)
  if (hosts.length > 1) return 'it has more than one Host header'
  const whole = absolute.exec(url)
  const authority = whole?.[1] ?? hosts[0]
  if (authority === undefined) return 'it has no Host header'
  const host = hostOf(authority)
  if (host === null) return 'its Host header names no host'
  const path = whole ? rooted(whole[2] ?? '') : url
  if (!path.startsWith('/') || path.includes('#')) return 'its target is no path'
  if (hasDotSegment(path)) return 'its path has a "." or ".." for a segment'
  return { host, authority, path }
}

const rooted = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

function hostHeaders(raw: readonly string[]): string[] {
  const hosts: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2)
    if ((raw[at] as string).length === 4 && (raw[at] as string).toLowerCase() === 'host')
      hosts.push(raw[at + 1] as string)
  return hosts
}
