import { accessSync, constants, statSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { Secret } from '../../base/secret.ts'
import type { Place } from '../../model/environment.ts'
import type { InstanceId } from '../../model/instance.ts'
import type { SetSpec } from '../../model/set.ts'
import type { InSlug } from './slug.ts'

/** A program of a release, whatever it is run for. */
export type AppProgram = {
  place: Place
  release: number
  commit: string
  folder: string
  environment: Record<string, string | Secret>
}

export type ProgramPlace = { id: string; home: string; temporary: string }

/** Names the instance, or the run of a job or command, in the environment of each of its processes. */
export const instanceVariable = 'NARU_INSTANCE'

/** The environment of an instance. */
export const instanceEnvironment = (
  { set, ...spec }: InSlug<SetSpec>,
  { port, ...place }: ProgramPlace & { id: InstanceId; port: number },
): Record<string, string> => ({
  ...programEnvironment({ ...spec, place: set, release: set.release }, place),
  PORT: String(port),
  HOST: '127.0.0.1',
  NARU_SERVICE: set.service,
})

/**
 * The whole environment of a program: what its release says and what Naru adds; nothing of the
 * server's own but where programs are found and its time zone.
 */
export function programEnvironment(
  { place, release, commit, folder, environment }: AppProgram,
  { id, home, temporary }: ProgramPlace,
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
    PATH: programPath(folder, given.PATH),
    HOME: home,
    TMPDIR: temporary,
    NARU_APP: place.app,
    NARU_ENVIRONMENT: place.environment,
    NARU_RELEASE: String(release),
    NARU_COMMIT: commit,
    [instanceVariable]: id,
  }
}

/**
 * Where an app's programs are found: its own first, then the server's, then beside the Node.js that runs Naru. Its own are
 * those of the folder that it runs in, and of each above up to its slug's: a workspace installs at its top.
 */
export function programPath(folder: string, path: string = serverPath()): string {
  const own = upToSlug(folder).flatMap((at) => [
    join(at, 'node_modules', '.bin'),
    join(at, '.venv', 'bin'),
  ])
  return [...own, path].join(delimiter)
}

/** A folder and those above it, the slug's last; only itself where none is a slug's, which is named by its digest. */
function upToSlug(folder: string): string[] {
  const folders = [folder]
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    if (/^sha256-[0-9a-f]{64}$/.test(basename(at))) return folders
    folders.push(dirname(at))
  }
  return [folder]
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
