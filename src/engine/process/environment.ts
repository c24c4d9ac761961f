import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { Secret } from '../../base/secret.ts'
import type { InstanceId } from '../../model/instance.ts'
import type { SetSpec } from '../../model/set.ts'

export type InstancePlace = { id: InstanceId; port: number; home: string; temporary: string }

/** Names the instance in the environment of each of its processes. */
export const instanceVariable = 'NARU_INSTANCE'

/**
 * The whole environment of an instance: what its release says and what Naru adds; nothing of the
 * server's own but where programs are found and its time zone.
 */
export function instanceEnvironment(
  { set, folder, commit, environment }: SetSpec,
  { id, port, home, temporary }: InstancePlace,
): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value instanceof Secret ? value.reveal() : value,
    ]),
  )
  return {
    LANG: 'C.UTF-8',
    TZ: process.env.TZ ?? 'UTC',
    ...given,
    PORT: String(port),
    HOST: '127.0.0.1',
    PATH: programPath(folder, given.PATH),
    HOME: home,
    TMPDIR: temporary,
    NARU_APP: set.app,
    NARU_ENVIRONMENT: set.environment,
    NARU_SERVICE: set.service,
    NARU_RELEASE: String(set.release),
    NARU_COMMIT: commit,
    [instanceVariable]: id,
  }
}

/** Where an app's programs are found: its own first, then the server's, then beside the Node.js that runs Naru. */
export function programPath(slug: string, path: string = serverPath()): string {
  return [join(slug, 'node_modules', '.bin'), path].join(delimiter)
}

/**
 * Without the folders that `npm run` puts in front: the programs in them are Naru's, not the app's. And without those that
 * its user cannot enter: a shell would say "permission denied" of each program that it does not find.
 */
function serverPath(): string {
  const folders = [
    ...(process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter),
    dirname(process.execPath),
  ]
  const clean = folders.filter(
    (folder) =>
      folder.startsWith('/') && !folder.split('/').includes('node_modules') && isEnterable(folder),
  )
  return [...new Set(clean)].join(delimiter)
}

function isEnterable(folder: string): boolean {
  if (process.getuid?.() === 0) return isOpen(folder)
  try {
    accessSync(folder, constants.X_OK)
    return true
  } catch {
    return false // Not there, or closed to us: no program is found in it either way.
  }
}

/** Whether everybody may go into the folder: as root, apps run as somebody else. */
function isOpen(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o001) !== 0 && (folder === '/' || isOpen(dirname(folder)))
}
