import type { EngineChoice, EngineName } from '../model/engine.ts'
import type { Place } from '../model/environment.ts'
import { requireEnvironment } from './environments.ts'
import { fromJson, toJson } from './json.ts'
import type { Db } from './tables.ts'

/** What the server builds for where an environment says nothing; null before that was chosen. */
export async function readEngineChoice(db: Db): Promise<EngineChoice | null> {
  const row = await db.selectFrom('engineChoice').selectAll().executeTakeFirst()
  return row === undefined ? null : { engine: row.engine, why: fromJson(row.why), at: row.at }
}

export async function saveEngineChoice(db: Db, { engine, why, at }: EngineChoice): Promise<void> {
  const values = { engine, why: toJson(why), at }
  await db
    .insertInto('engineChoice')
    .values({ id: 1, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute()
}

/** What is built for an environment. Throws `environment.unknown`. */
export async function engineOfPlace(db: Db, place: Place): Promise<EngineName> {
  const { engine } = await requireEnvironment(db, place)
  return engine ?? (await readEngineChoice(db))?.engine ?? 'process'
}
