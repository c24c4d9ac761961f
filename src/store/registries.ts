import { NaruError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import type { Db } from './tables.ts'
import type { Vault } from './vault.ts'

/** At a registry of images: who Naru is there; never the password. `setAt` is ISO 8601. */
export type RegistryLogin = { host: string; user: string; setAt: string }

/** By their hosts. */
export function listRegistries(db: Db): Promise<RegistryLogin[]> {
  return db.selectFrom('registries').select(['host', 'user', 'setAt']).orderBy('host').execute()
}

/** Takes the place of what was kept for that host. */
export async function saveRegistry(
  db: Db,
  vault: Vault,
  { host, user, setAt }: RegistryLogin,
  password: Secret,
): Promise<void> {
  const values = { user, sealed: vault.seal(password, purposeOf(host)), setAt }
  await db
    .insertInto('registries')
    .values({ host, ...values })
    .onConflict((conflict) => conflict.column('host').doUpdateSet(values))
    .execute()
}

/** Throws `registry.unknown`. */
export async function removeRegistry(db: Db, host: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('registries')
    .where('host', '=', host)
    .executeTakeFirstOrThrow()
  if (numDeletedRows > 0n) return
  const hosts = (await listRegistries(db)).map((one) => one.host)
  throw new NaruError('registry.unknown', { host, hosts })
}

/** Null where nobody has logged in there, or what was kept opens no more. */
export async function readRegistry(
  db: Db,
  vault: Vault,
  host: string,
): Promise<{ user: string; password: Secret } | null> {
  const row = await db
    .selectFrom('registries')
    .select(['user', 'sealed'])
    .where('host', '=', host)
    .executeTakeFirst()
  const password = row && vault.open(row.sealed, purposeOf(host))
  return row === undefined || password === undefined ? null : { user: row.user, password }
}

/** Seals each anew with the vault's newest key, and returns how many; one that does not open stays as it is. */
export async function resealRegistries(db: Db, vault: Vault): Promise<number> {
  let count = 0
  for (const { host, sealed } of await db.selectFrom('registries').selectAll().execute()) {
    const password = vault.open(sealed, purposeOf(host))
    if (password === undefined) continue
    const anew = vault.seal(password, purposeOf(host))
    await db.updateTable('registries').set({ sealed: anew }).where('host', '=', host).execute()
    count += 1
  }
  return count
}

const purposeOf = (host: string): string => `registry ${host}`
