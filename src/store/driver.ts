import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely'
import { NaruError } from '../base/error.ts'

/** What a connection is for; one for `read` cannot change anything, and sees only what was committed. */
export type Purpose = 'write' | 'read'

export type Connection<T> = {
  readonly db: Kysely<T>
  /** The first thing that SQLite finds wrong with the file, by looking at every page; undefined if nothing. */
  damage(): string | undefined
  close(): Promise<void>
}

/** The only file that knows better-sqlite3. Opens a file that exists, and checks that every promise of the connection holds. */
export function openConnection<T>(file: string, purpose: Purpose): Connection<T> {
  return translating(file, () => {
    const database = new Sqlite(file, {
      readonly: purpose === 'read',
      fileMustExist: true,
      timeout: busyTimeoutMs,
    })
    try {
      settle(database, file, purpose)
      return connectionTo<T>(database, file, purpose)
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/**
 * Writes the database at `from`, with what others have committed to it, into the file `to`: whole, in one
 * file, and looked through. Must not run while somebody writes, or it begins again with each change.
 */
export async function copyDatabaseFile(from: string, to: string): Promise<void> {
  const source = translating(
    from,
    () => new Sqlite(from, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs }),
  )
  try {
    await source.backup(to)
  } catch (error) {
    throw translated(error, to)
  } finally {
    source.close()
  }
  translating(to, () => {
    const copy = new Sqlite(to, { fileMustExist: true })
    try {
      copy.pragma('journal_mode = delete')
      const found = damageOf(copy)
      if (found !== undefined) throw new NaruError('data.broken', { file: to, reason: found })
    } finally {
      copy.close()
    }
  })
}

/** Holds the file against every other process until `release()` or the end of this process. Throws `data.locked`. */
export function holdExclusively(file: string): { release(): void } {
  let database: Sqlite.Database | undefined
  try {
    database = new Sqlite(file, { fileMustExist: true, timeout: 0 })
    database.exec('begin exclusive')
  } catch (error) {
    database?.close()
    if (isBusy(error))
      throw new NaruError('data.locked', { folder: dirname(file) }, { cause: error })
    throw translated(error, file)
  }
  const held = database
  return { release: () => held.close() }
}

type SqliteError = InstanceType<typeof Sqlite.SqliteError>

const busyTimeoutMs = 5_000
/** The first with the fix for lost pages when a WAL file is reset. */
const neededSqlite = '3.51.3'

/** What every connection must answer after it was set; a re-opened WAL file would otherwise be `synchronous=NORMAL`. */
const promises: Readonly<Record<string, number>> = {
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: busyTimeoutMs,
  journal_size_limit: 16 * 1024 * 1024,
  cell_size_check: 1,
}

function settle(database: Sqlite.Database, file: string, purpose: Purpose): void {
  const version = String(database.prepare('select sqlite_version()').pluck().get())
  if (older(version, neededSqlite))
    throw new Error(`SQLite ${version} is too old: ${neededSqlite} is needed`)
  if (purpose !== 'read') database.pragma('journal_mode = wal')
  const mode = database.pragma('journal_mode', { simple: true })
  if (mode !== 'wal') {
    const reason = `its file system cannot hold a write-ahead log (journal mode ${String(mode)})`
    throw new NaruError('data.unwritable', { folder: dirname(file), reason })
  }
  for (const [name, value] of Object.entries(promises)) {
    database.pragma(`${name} = ${value}`)
    const answer = database.pragma(name, { simple: true })
    if (answer !== value) throw new Error(`SQLite keeps ${name} at ${String(answer)}, not ${value}`)
  }
}

function older(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  const at = [0, 1, 2].find((part) => a?.[part] !== b?.[part])
  return at !== undefined && (a?.[at] ?? 0) < (b?.[at] ?? 0)
}

function connectionTo<T>(database: Sqlite.Database, file: string, purpose: Purpose): Connection<T> {
  const transaction = new TransactionState(database, purpose)
  const db = new Kysely<T>({
    dialect: new NaruDialect(guarded(database, file, transaction), transaction),
  })
  return {
    db,
    damage: () => translating(file, () => damageOf(database)),
    close: async () => {
      await db.destroy()
      if (database.open) database.close()
    },
  }
}

/** `quick_check` answers with one row "ok", or says what it found; a very broken file throws instead. */
function damageOf(database: Sqlite.Database): string | undefined {
  try {
    const answer = String(database.pragma('quick_check(1)', { simple: true }))
    return answer === 'ok' ? undefined : answer.replaceAll('\n', ' ')
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && isDamage(error)) return error.message
    throw error
  }
}

/**
 * Knows whether a transaction should be open. SQLite ends one by itself when the disk is full; what the caller
 * still says then would be kept at once, half of a change, so it is refused.
 */
class TransactionState {
  readonly #database: Sqlite.Database
  readonly #purpose: Purpose
  #begun = false

  constructor(database: Sqlite.Database, purpose: Purpose) {
    this.#database = database
    this.#purpose = purpose
  }

  /** Taking the write lock at once: a transaction that read first could be refused it at its first change. */
  get beginning(): string {
    return this.#purpose === 'read' ? 'begin' : 'begin immediate'
  }

  get isOpen(): boolean {
    return this.#database.inTransaction
  }

  begun(begun: boolean): void {
    this.#begun = begun
  }

  check(): void {
    if (this.#begun && !this.isOpen)
      throw new Error('the transaction was rolled back already, so nothing more can be done in it')
  }
}

/** Naru's own queries are fewer; what a list of values is written out in differs by its length. */
const mostStatements = 300

function guarded(
  database: Sqlite.Database,
  file: string,
  transaction: TransactionState,
): SqliteDatabase {
  const run = <R>(action: () => R): R => translating(file, action)
  const statement = keptStatements(database)
  return {
    close: () => run(() => database.close()),
    prepare: (text) => {
      transaction.check()
      const prepared = run(() => statement(text))
      return {
        reader: prepared.reader,
        all: (parameters) => run(() => prepared.all(parameters.map(bindable))),
        run: (parameters) => run(() => prepared.run(parameters.map(bindable))),
        // Of its own: one that is being iterated can do nothing else.
        iterate: (parameters) =>
          run(() => database.prepare(text).iterate(parameters.map(bindable))),
      }
    },
  }
}

/** Statements by their text, the last few hundred: to prepare one costs more than to run it. */
function keptStatements(database: Sqlite.Database): (text: string) => Sqlite.Statement {
  const kept = new Map<string, Sqlite.Statement>()
  return (text) => {
    const statement = kept.get(text) ?? database.prepare(text)
    kept.delete(text)
    kept.set(text, statement)
    if (kept.size > mostStatements) kept.delete(kept.keys().next().value as string)
    return statement
  }
}

/** A value as SQLite takes it. What it would change without a word is refused. */
function bindable(value: unknown): string | number | bigint | Uint8Array | null {
  if (value === null || typeof value === 'bigint' || value instanceof Uint8Array) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string') {
    if (!value.includes('\0')) return value
    throw new NaruError('request.invalid', { issues: ['text must not contain the character NUL'] })
  }
  throw new TypeError(`a value of type ${typeof value} cannot be kept`)
}

class NaruDialect extends SqliteDialect {
  readonly #database: SqliteDatabase
  readonly #transaction: TransactionState

  constructor(database: SqliteDatabase, transaction: TransactionState) {
    super({ database })
    this.#database = database
    this.#transaction = transaction
  }

  override createDriver(): SqliteDriver {
    return new NaruDriver(this.#database, this.#transaction)
  }

  override createAdapter(): SqliteAdapter {
    return new NaruAdapter()
  }
}

/** With Kysely's default, a migration that fails leaves its first half behind. */
class NaruAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class NaruDriver extends SqliteDriver {
  readonly #transaction: TransactionState

  constructor(database: SqliteDatabase, transaction: TransactionState) {
    super({ database })
    this.#transaction = transaction
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.#transaction.beginning))
    this.#transaction.begun(true)
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
    this.#transaction.begun(false)
  }

  /** A second rollback of what SQLite rolled back itself would hide why it did. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    this.#transaction.begun(false)
    if (this.#transaction.isOpen) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
}

function translating<R>(file: string, action: () => R): R {
  try {
    return action()
  } catch (error) {
    throw translated(error, file)
  }
}

/** SQLite's failures in Naru's words; those that only a bug can cause stay what they are. */
function translated(error: unknown, file: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error
  const folder = dirname(file)
  const options = { cause: error }
  switch (kindOf(error)) {
    case 'SQLITE_FULL':
      return new NaruError('data.full', { folder }, options)
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new NaruError('data.busy', { file }, options)
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
      return new NaruError('data.unwritable', { folder, reason: error.message }, options)
    case 'SQLITE_IOERR':
      if (fullDisk.has(error.code)) return new NaruError('data.full', { folder }, options)
      return new NaruError(
        'data.broken',
        { file, reason: `${error.message} (${error.code})` },
        options,
      )
    default:
      return isDamage(error)
        ? new NaruError('data.broken', { file, reason: error.message }, options)
        : error
  }
}

/** The name without the details that follow its second word: SQLITE_IOERR_READ is a SQLITE_IOERR. */
const kindOf = (error: SqliteError): string => error.code.split('_').slice(0, 2).join('_')

const isBusy = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && kindOf(error) === 'SQLITE_BUSY'

const isDamage = (error: SqliteError): boolean =>
  kindOf(error) === 'SQLITE_CORRUPT' || kindOf(error) === 'SQLITE_NOTADB'

/** Input and output errors that come from making room for the index of the write-ahead log. */
const fullDisk = new Set(['SQLITE_IOERR_SHMSIZE', 'SQLITE_IOERR_SHMMAP'])
