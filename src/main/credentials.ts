import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf } from '../access/tokens.ts'
import { ownersToken } from '../model/token.ts'
import { credentialScript } from '../source/credential.ts'
import type { Store } from '../store/store.ts'
import { replaceToken } from '../store/tokens.ts'

/**
 * The owner's token: its hash in the store, itself in a file that only this user can read, beside the helper
 * that hands it to git. A token that is there stays; one whose hash is not in the store any more is entered again.
 */
export async function ownerToken(folder: string, store: Store, at: string): Promise<void> {
  const file = join(folder, 'token')
  const token = (await readIfThere(file)) ?? randomBytes(32).toString('hex')
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  await writeFile(join(folder, 'git-credential'), credentialScript, { mode: 0o755 })
  await store.write((db) =>
    replaceToken(db, { name: ownersToken, kind: 'owner', hash: hashOf(token), at, by: null }),
  )
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim()
    return text === '' ? undefined : text
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
