import { chmod, chown, lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkedLabel } from '../../model/name.ts'
import type { Account } from './account.ts'

/** Where the process engine and the builds keep things in Naru's data folder. */
export type Places = {
  data: string
  apps: string
  /** What belongs to the engine alone: records, output, logs. */
  engine: string
  instances: string
  jobs: string
  commands: string
  logs: string
  launch: string
  app(app: string): AppPlaces
}

export type AppPlaces = {
  /** The wall: only root and the app's own group get through it. */
  folder: string
  slugs: string
  homes: string
  temporaries: string
  slug(digest: string): string
  home(environment: string): string
  /** TMPDIR of one instance, job, command or build. */
  temporary(id: string): string
}

/** Who runs an app's programs: what `spawn` takes. Empty for an ordinary user, who runs them as himself. */
export type AppIdentity = { uid: number; gid: number } | Record<never, never>

export function places(data: string): Places {
  const engine = join(data, 'engine')
  const logs = join(engine, 'logs')
  return {
    data,
    apps: join(data, 'apps'),
    engine,
    instances: join(engine, 'instances'),
    jobs: join(engine, 'jobs'),
    commands: join(engine, 'commands'),
    logs,
    launch: join(data, 'launch'),
    app: (app) => appPlaces(join(data, 'apps', checkedLabel('app', app))),
  }
}

/** The app's programs run as the apps' user with a group of the app's own: another app has another group. */
export const appIdentity = (account: Account, group: number): AppIdentity =>
  account === null ? {} : { uid: account.uid, gid: group }

/** Makes the folders that belong to no app, with the rights that they must have. Safe to repeat. */
export async function makePlaces(at: Places, account: Account): Promise<void> {
  const walled = account !== null
  await makeFolder(at.data, walled ? 0o711 : 0o700)
  await makeFolder(at.apps, walled ? 0o711 : 0o700)
  await makeFolder(at.launch, walled ? 0o755 : 0o700)
  for (const folder of [at.engine, at.instances, at.jobs, at.commands, at.logs])
    await makeFolder(folder, 0o700)
}

/** Makes an app's folders, with the wall around them. Safe to repeat. */
export async function makeAppPlaces(at: AppPlaces, account: Account, group: number): Promise<void> {
  const walled = account !== null
  const owner = walled ? { uid: 0, gid: group } : undefined
  await makeFolder(at.folder, walled ? 0o710 : 0o700, owner)
  await makeFolder(at.slugs, walled ? 0o750 : 0o700, owner)
  await makeFolder(at.homes, walled ? 0o710 : 0o700, owner)
  await makeFolder(at.temporaries, walled ? 0o710 : 0o700, owner)
}

/** Makes a folder in which the app's programs may write: a home or a temporary folder. Safe to repeat. */
export async function makeAppFolder(
  folder: string,
  account: Account,
  group: number,
): Promise<void> {
  if (account === null) await makeFolder(folder, 0o700)
  else await makeFolder(folder, 0o2770, { uid: 0, gid: group })
}

/**
 * Makes the folder of one instance, job or command, for Naru alone. Safe to repeat. Asked for the whole way at once,
 * Node.js says of a file system that cannot be written that the way is not there.
 */
export async function makeOwnFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') await mkdir(folder, { recursive: true, mode: 0o700 })
    else if (code !== 'EEXIST') throw error
  }
}

function appPlaces(folder: string): AppPlaces {
  const [slugs, homes, temporaries] = ['slugs', 'home', 'tmp'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  return {
    folder,
    slugs,
    homes,
    temporaries,
    slug: (digest) => join(slugs, digest),
    home: (environment) => join(homes, checkedLabel('environment', environment)),
    temporary: (id) => join(temporaries, id),
  }
}

async function makeFolder(
  folder: string,
  mode: number,
  owner?: { uid: number; gid: number },
): Promise<void> {
  await mkdir(folder, { recursive: true, mode })
  const found = await lstat(folder)
  const right = owner === undefined || (found.uid === owner.uid && found.gid === owner.gid)
  if (!right) await chown(folder, owner.uid, owner.gid)
  // After the change of owner, which clears the bit that hands the group down.
  if (!right || (found.mode & 0o7777) !== mode) await chmod(folder, mode)
}
