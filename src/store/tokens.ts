import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { Token, TokenKind } from '../model/token.ts'
import type { Db, Tables } from './tables.ts'

type NewToken = { name: string; kind: TokenKind; hash: string; at: string; by: string | null }

/** Keeps a token by its hash. Throws `token.exists` for a name that another one has. */
export async function addToken(db: Db, token: NewToken): Promise<Token> {
  const { name, kind, hash, at, by } = token
  if (await findByName(db, name)) throw new NaruError('token.exists', { name })
  const row = await db
    .insertInto('tokens')
    .values({ name, hash, permission: kind, createdAt: at, createdBy: by })
    .returningAll()
    .executeTakeFirstOrThrow()
  return tokenOf(row)
}

/** Keeps a token in the place of the one of that name, if there is one, which opens nothing from then on. */
export async function replaceToken(db: Db, token: NewToken): Promise<void> {
  await db.deleteFrom('tokens').where('name', '=', token.name).execute()
  await addToken(db, token)
}

/** From then on it opens nothing. Throws `token.unknown`. */
export async function removeToken(db: Db, name: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('tokens')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new NaruError('token.unknown', { name })
}

export async function findToken(db: Db, hash: string): Promise<Token | undefined> {
  const row = await db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst()
  return row && tokenOf(row)
}

/** By name. */
export async function listTokens(db: Db): Promise<Token[]> {
  return (await db.selectFrom('tokens').selectAll().orderBy('name').execute()).map(tokenOf)
}

/** Fine for one that is gone. */
export async function noteTokenUse(db: Db, name: string, at: string): Promise<void> {
  await db.updateTable('tokens').set({ lastUsedAt: at }).where('name', '=', name).execute()
}

const findByName = (db: Db, name: string) =>
  db.selectFrom('tokens').select('name').where('name', '=', name).executeTakeFirst()

const tokenOf = ({ hash: _, permission, ...row }: Selectable<Tables['tokens']>): Token => ({
  ...row,
  kind: permission as TokenKind,
})
