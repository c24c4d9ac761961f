const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const authority = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/

/** Whether a route may have this host: a lower-case DNS name or IPv4 address, without a port. */
export const isRouteHost = (host: string): boolean =>
  host.length <= 253 && host.split('.').every((part) => label.test(part))

/** The host that a `Host` header names: lower case, without port and closing dot; null when it is none. */
export function hostOf(header: string): string | null {
  const host = authority.exec(header.toLowerCase())?.[1]
  if (host === undefined || host === '.') return null
  return host.endsWith('.') ? host.slice(0, -1) : host
}
