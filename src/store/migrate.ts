import { existsSync } from 'node:fs'
import { type Kysely, type Migration, Migrator, sql } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import { copyBefore } from './copies.ts'
import { openConnection } from './driver.ts'
import { databaseFile, keyFile } from './folder.ts'

/**
 * Looks the database through and makes every change that it lacks, all of them or none, after a copy of what was there.
 * Throws `data.broken`, `data.newer`, `data.full`.
 */
export async function migrate(
  folder: string,
  migrations: Readonly<Record<string, Migration>>,
  { now, log }: { now: () => Date; log: Log },
): Promise<void> {
  const file = databaseFile(folder)
  const { db, damage, close } = openConnection<unknown>(file, 'write')
  try {
    const reason = damage()
    if (reason !== undefined) throw new NaruError('data.broken', { file, reason })
    const made = await madeBefore(db)
    if (made.length === 0) refuseLostData(folder)
    const newer = made.find((name) => !(name in migrations))
    if (newer !== undefined) throw new NaruError('data.newer', { file, found: newer })
    const next = Object.keys(migrations).find((name) => !made.includes(name))
    if (next === undefined) return
    if (made.length > 0)
      log.info('copied the database before changing it', {
        copy: await copyBefore(folder, next, now()),
      })
    await makeAll(db, migrations)
    log.info('the database is up to date', { changes: Object.keys(migrations).length })
  } finally {
    await close()
  }
}

const journal = 'kysely_migration'

async function madeBefore(db: Kysely<unknown>): Promise<string[]> {
  const there =
    await sql`select 1 from sqlite_master where type = 'table' and name = ${journal}`.execute(db)
  if (there.rows.length === 0) return []
  const { rows } = await sql<{
    name: string
  }>`select name from ${sql.table(journal)} order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/**
 * A key is made after the tables. Where it lies beside a file without any, the file was lost: to begin anew would
 * make Naru forget, and then remove, everything that runs.
 */
function refuseLostData(folder: string): void {
  if (!existsSync(keyFile(folder))) return
  const reason = 'it is empty, although this folder has been used before'
  throw new NaruError('data.broken', { file: databaseFile(folder), reason })
}

async function makeAll(
  db: Kysely<unknown>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const migrator = new Migrator({
    db,
    migrationTableName: journal,
    provider: { getMigrations: async () => ({ ...migrations }) },
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}
