/** What a route may ask of the token that was sent. Every route names one of these, or is open to all. */
export const permissions = [
  'server.read',
  'server.stop',
  'apps.read',
  'apps.create',
  'apps.destroy',
  'builds.read',
  'code.push',
  'releases.read',
  'releases.rollback',
  'deployments.read',
  'deployments.abort',
  'instances.read',
  'logs.read',
  'settings.read',
  'settings.change',
  'secrets.list',
  'secrets.change',
  'events.read',
] as const

export type Permission = (typeof permissions)[number]

/** Whether a token of that kind has the permission. A kind that is not in the table has none. */
export function grants(kind: string, permission: Permission): boolean {
  return granted.get(kind)?.has(permission) ?? false
}

/** The one table of who may do what: what a token is, and what it may do. */
const granted: ReadonlyMap<string, ReadonlySet<Permission>> = new Map([
  ['owner', new Set(permissions)],
])
