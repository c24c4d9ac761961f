/** What a route may ask of the token that was sent. Every route names one of these, or is open to all. */
export const permissions = [
  'server.read',
  'server.change',
  'server.stop',
  'apps.read',
  'apps.create',
  'apps.destroy',
  'environments.create',
  'environments.change',
  'environments.destroy',
  'builds.read',
  'builds.cancel',
  'code.push',
  'releases.read',
  'releases.deploy',
  'releases.rollback',
  'deployments.read',
  'deployments.abort',
  'instances.read',
  'instances.scale',
  'jobs.read',
  'jobs.run',
  'commands.run',
  'logs.read',
  'settings.read',
  'settings.change',
  'secrets.list',
  'secrets.change',
  'registries.read',
  'registries.change',
  'events.read',
  'tokens.read',
  'tokens.change',
  'secrets.rotate',
] as const

export type Permission = (typeof permissions)[number]

/** Whether a token of that kind has the permission. A kind that is not in the table has none. */
export function grants(kind: string, permission: Permission): boolean {
  return granted.get(kind)?.has(permission) ?? false
}

/** What ends or opens the whole: nothing that shipping code needs. */
const owners: ReadonlySet<Permission> = new Set([
  'registries.change',
  'server.change',
  'server.stop',
  'apps.destroy',
  'environments.destroy',
  'tokens.read',
  'tokens.change',
  'secrets.rotate',
])

/** Looking at what there is, which tokens there are excepted. */
const reads = /^(?!tokens\.).+\.(?:read|list)$/

/** The one table of who may do what: what a token is, and what it may do. */
const granted: ReadonlyMap<string, ReadonlySet<Permission>> = new Map([
  ['owner', new Set(permissions)],
  ['deployer', new Set(permissions.filter((one) => !owners.has(one)))],
  ['reader', new Set(permissions.filter((one) => reads.test(one)))],
])
