import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { NaruError } from '../base/error.ts'
import { Secret } from '../base/secret.ts'
import { inFolder, keyFile, nextKeyFile, syncFolder } from './folder.ts'

/** Encrypts what must not be read from the database file or a copy of it. */
export interface Vault {
  /** Bytes that only this vault opens again, and only for the same purpose. */
  seal(value: Secret, purpose: string): Uint8Array
  /** Undefined when it was sealed with another key or for another purpose, or was changed since. */
  open(sealed: Uint8Array, purpose: string): Secret | undefined
  /** Whether a new key is taking the place of the old one, also since before a restart: both open until then. */
  readonly isRotating: boolean
  /** From here on a new key seals. It is on the disk when this returns. */
  beginRotation(): void
  /** The new key is the only one; what the old one sealed opens no more. */
  endRotation(): void
}

/**
 * The vault whose key lies in `secret.key` of the folder; made once, by whoever comes first, and changed by a
 * rotation only. Throws `data.broken` when the file holds no key.
 */
export function openVault(folder: string): Vault {
  const file = keyFile(folder)
  const next = nextKeyFile(folder)
  let keys = [readKey(folder, next), readKey(folder, file) ?? makeKey(folder, file)].filter(
    (key) => key !== undefined,
  )
  return {
    seal: (value, purpose) => seal(keys[0] as Buffer, value, purpose),
    open(sealed, purpose) {
      for (const key of keys) {
        const value = open(key, sealed, purpose)
        if (value !== undefined) return value
      }
      return undefined
    },
    get isRotating() {
      return keys.length > 1
    },
    beginRotation() {
      if (keys.length === 1) keys = [makeKey(folder, next), ...keys]
    },
    endRotation() {
      if (keys.length === 1) return
      inFolder(folder, () => {
        renameSync(next, file)
        syncFolder(folder)
      })
      keys = keys.slice(0, 1)
    },
  }
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** Says how the rest is laid out: nonce, tag, then the encrypted value. */
const layout = 1

function seal(key: Buffer, value: Secret, purpose: string): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(
    Buffer.from(purpose),
  )
  const encrypted = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.from([layout]), nonce, cipher.getAuthTag(), encrypted])
}

function open(key: Buffer, sealed: Uint8Array, purpose: string): Secret | undefined {
  const bytes = Buffer.from(sealed)
  const start = 1 + nonceBytes + tagBytes
  if (bytes[0] !== layout || bytes.length < start) return undefined
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, 1 + nonceBytes), {
    authTagLength: tagBytes,
  })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(bytes.subarray(1 + nonceBytes, start))
  try {
    return new Secret(
      Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]).toString('utf8'),
    )
  } catch {
    return undefined // The tag does not match; there is nothing more to know.
  }
}

function readKey(folder: string, file: string): Buffer | undefined {
  const text = inFolder(folder, () => {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  })
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}\n$/.test(text))
    throw new NaruError('data.broken', { file, reason: 'it does not hold a key' })
  return Buffer.from(text, 'hex')
}

/** The key appears under its name all at once, and the first one stays. */
function makeKey(folder: string, file: string): Buffer {
  const key = randomBytes(keyBytes)
  const aside = `${file}.${process.pid}`
  return inFolder(folder, () => {
    rmSync(aside, { force: true })
    try {
      const handle = openSync(aside, 'wx', 0o600)
      try {
        writeSync(handle, `${key.toString('hex')}\n`)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      linkSync(aside, file)
    } finally {
      rmSync(aside, { force: true })
    }
    syncFolder(folder)
    return key
  })
}
