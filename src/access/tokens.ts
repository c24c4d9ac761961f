import { createHash, randomBytes } from 'node:crypto'
import { NaruError } from '../base/error.ts'
import { Secret } from '../base/secret.ts'
import { checkedLabel } from '../model/name.ts'
import { ownersToken, type Token, type TokenKind } from '../model/token.ts'
import { appendEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { addToken, findToken, noteTokenUse, removeToken } from '../store/tokens.ts'

/** The tokens that open this server. `by` is the name of the asker's own. */
export interface Tokens {
  /** Throws `token.exists`, `name.invalid`. The token itself is told this once. */
  create(name: string, kind: TokenKind, by: string): Promise<{ token: Token; value: Secret }>
  /** It opens nothing from then on, and what it holds open ends. Throws `token.unknown`, and `token.owners` for that of the data folder. */
  revoke(name: string, by: string): Promise<void>
  /** Undefined for one that opens nothing. Notes its use, to the minute. */
  find(value: string): Promise<Token | undefined>
}

const usedEveryMs = 60_000

export function tokens(store: Store, now: () => Date): Tokens {
  const notedAt = new Map<string, number>()
  const write = store.write
  const noteUse = async (name: string): Promise<void> => {
    const at = now()
    if (at.getTime() - (notedAt.get(name) ?? 0) < usedEveryMs) return
    notedAt.set(name, at.getTime())
    await write((db) => noteTokenUse(db, name, at.toISOString()))
  }
  return {
    async create(name, kind, by) {
      checkedLabel('token', name)
      const value = new Secret(randomBytes(32).toString('hex'))
      const at = now().toISOString()
      const token = await write(async (db) => {
        const added = await addToken(db, { name, kind, hash: hashOf(value.reveal()), at, by })
        await appendEvent(db, at, {
          app: null,
          environment: null,
          kind: 'token.created',
          data: { name, kind, by },
        })
        return added
      })
      return { token, value }
    },
    async revoke(name, by) {
      if (name === ownersToken) throw new NaruError('token.owners', { name })
      const at = now().toISOString()
      await write(async (db) => {
        await removeToken(db, name)
        await appendEvent(db, at, {
          app: null,
          environment: null,
          kind: 'token.revoked',
          data: { name, by },
        })
      })
    },
    async find(value) {
      const token = await findToken(store.db, hashOf(value))
      // Nobody waits for the note, and a full disk must not lock anybody out.
      if (token !== undefined) noteUse(token.name).catch(() => notedAt.delete(token.name))
      return token
    },
  }
}

/** What the store keeps of a token. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
