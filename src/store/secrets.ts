import { NaruError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import { type Place, placeKey } from '../model/environment.ts'
import type { Db } from './tables.ts'
import type { Vault } from './vault.ts'

/** The newest version of each secret that is set, by name; never a value. */
export async function listSecrets(
  db: Db,
  { app, environment }: Place,
): Promise<{ name: string; version: number; updatedAt: string }[]> {
  return db
    .selectFrom('secrets')
    .innerJoin('secretVersions', (join) =>
      join
        .onRef('secretVersions.app', '=', 'secrets.app')
        .onRef('secretVersions.environment', '=', 'secrets.environment')
        .onRef('secretVersions.name', '=', 'secrets.name')
        .onRef('secretVersions.version', '=', 'secrets.latest'),
    )
    .select(['secrets.name', 'secretVersions.version', 'secretVersions.setAt as updatedAt'])
    .where('secrets.app', '=', app)
    .where('secrets.environment', '=', environment)
    .where('secrets.isSet', '=', 1)
    .orderBy('secrets.name')
    .execute()
}

/** Keeps the value as a new version, whose number was never used for this name, and returns that. Throws `value.invalid`. */
export async function setSecret(
  db: Db,
  vault: Vault,
  place: Place,
  name: string,
  value: Secret,
  at: string,
): Promise<number> {
  if (value.reveal().includes('\0')) {
    throw new NaruError('value.invalid', {
      what: 'secret',
      name,
      reason: 'it contains the character NUL',
    })
  }
  const { app, environment } = place
  const { latest: version } = await db
    .insertInto('secrets')
    .values({ app, environment, name, latest: 1, isSet: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['app', 'environment', 'name'])
        .doUpdateSet((row) => ({ latest: row('secrets.latest', '+', 1), isSet: 1 })),
    )
    .returning('latest')
    .executeTakeFirstOrThrow()
  const sealed = vault.seal(value, purposeOf(place, name, version))
  await db
    .insertInto('secretVersions')
    .values({ app, environment, name, version, sealed, setAt: at })
    .execute()
  return version
}

/** Whether it was set. Its versions stay readable for the releases that pinned them, until they are pruned. */
export async function unsetSecret(
  db: Db,
  { app, environment }: Place,
  name: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('secrets')
    .set({ isSet: 0 })
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('name', '=', name)
    .where('isSet', '=', 1)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** The values of just these versions. Throws `secret.unreadable` for the first that is gone or sealed with another key. */
export async function readSecrets(
  db: Db,
  vault: Vault,
  place: Place,
  versions: Record<string, number>,
): Promise<Record<string, Secret>> {
  const rows = await db
    .selectFrom('secretVersions')
    .select(['name', 'version', 'sealed'])
    .where('app', '=', place.app)
    .where('environment', '=', place.environment)
    .where('name', 'in', Object.keys(versions))
    .execute()
  const values = Object.entries(versions).map(([name, version]): [string, Secret] => {
    const row = rows.find((candidate) => candidate.name === name && candidate.version === version)
    const value = row && vault.open(row.sealed, purposeOf(place, name, version))
    if (value === undefined)
      throw new NaruError('secret.unreadable', {
        app: place.app,
        environment: place.environment,
        name,
      })
    return [name, value]
  })
  return Object.fromEntries(values)
}

/** Seals every version anew with the vault's newest key, and returns how many; one that does not open stays as it is. */
export async function resealSecrets(db: Db, vault: Vault): Promise<number> {
  const rows = await db.selectFrom('secretVersions').selectAll().execute()
  let count = 0
  for (const { sealed, setAt: _, ...row } of rows) {
    const purpose = purposeOf(row, row.name, row.version)
    const value = vault.open(sealed, purpose)
    if (value === undefined) continue
    await db
      .updateTable('secretVersions')
      .set({ sealed: vault.seal(value, purpose) })
      .where('app', '=', row.app)
      .where('environment', '=', row.environment)
      .where('name', '=', row.name)
      .where('version', '=', row.version)
      .execute()
    count += 1
  }
  return count
}

/** Removes the versions that are neither set now nor in one of `needed`, the `secrets` of each release that is kept. Returns how many. */
export async function pruneSecrets(
  db: Db,
  { app, environment }: Place,
  needed: readonly Readonly<Record<string, number>>[],
): Promise<number> {
  const current = await listSecrets(db, { app, environment })
  const keep = new Set(current.map(({ name, version }) => versionKey(name, version)))
  for (const versions of needed) {
    for (const [name, version] of Object.entries(versions)) keep.add(versionKey(name, version))
  }
  const rows = await db
    .selectFrom('secretVersions')
    .select(['name', 'version'])
    .where('app', '=', app)
    .where('environment', '=', environment)
    .execute()
  const gone = rows.filter(({ name, version }) => !keep.has(versionKey(name, version)))
  for (const { name, version } of gone) {
    await db
      .deleteFrom('secretVersions')
      .where('app', '=', app)
      .where('environment', '=', environment)
      .where('name', '=', name)
      .where('version', '=', version)
      .execute()
  }
  return gone.length
}

/** Ties the sealed bytes to where they belong, so that a row put in another's place opens nothing. */
const purposeOf = (place: Place, name: string, version: number): string =>
  `${placeKey(place)}/${versionKey(name, version)}`

const versionKey = (name: string, version: number): string => `${name}@${version}`
