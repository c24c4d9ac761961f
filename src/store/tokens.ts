import type { Db } from './tables.ts'

export type Token = { name: string; permission: Permission }
export type Permission = 'owner'

type NewToken = Token & { hash: string; at: string }

/** Keeps a token by its hash. A name or hash that is there already is a bug. */
export async function addToken(db: Db, { name, hash, permission, at }: NewToken): Promise<void> {
  await db.insertInto('tokens').values({ name, hash, permission, createdAt: at }).execute()
}

/** Keeps a token in the place of the one of that name, if there is one, which opens nothing from then on. */
export async function replaceToken(db: Db, token: NewToken): Promise<void> {
  await db.deleteFrom('tokens').where('name', '=', token.name).execute()
  await addToken(db, token)
}

export async function findToken(db: Db, hash: string): Promise<Token | undefined> {
  const row = await db
    .selectFrom('tokens')
    .select(['name', 'permission'])
    .where('hash', '=', hash)
    .executeTakeFirst()
  return row && { name: row.name, permission: row.permission as Permission }
}
