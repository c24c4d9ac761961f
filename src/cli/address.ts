import type { ServerInfo } from '../contract/shapes.ts'

/** Both ways to reach an app: by its name, and by number where the name does not resolve. */
export function addressesOf(
  { http, domain }: Pick<ServerInfo, 'http' | 'domain'>,
  app: string,
): { byName: string; host: string; byNumber: string } {
  const { port, hostname } = new URL(http)
  const suffix = port === '' ? '' : `:${port}`
  const host = `${app}.${domain}`
  // Listening on every address is no address to go to.
  const number = hostname === '0.0.0.0' || hostname === '[::]' ? '127.0.0.1' : hostname
  return { byName: `http://${host}${suffix}`, host, byNumber: `http://${number}${suffix}` }
}
