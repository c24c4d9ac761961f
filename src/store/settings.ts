import type { Place } from '../model/environment.ts'
import type { Db } from './tables.ts'

/** What was set by command, by name; what `naru.yaml` says is not among it. */
export async function listSettings(
  db: Db,
  { app, environment }: Place,
): Promise<Record<string, string>> {
  const rows = await db
    .selectFrom('settings')
    .select(['name', 'value'])
    .where('app', '=', app)
    .where('environment', '=', environment)
    .orderBy('name')
    .execute()
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

/** Sets it anew or for the first time. */
export async function setSetting(
  db: Db,
  { app, environment }: Place,
  name: string,
  value: string,
): Promise<void> {
  await db
    .insertInto('settings')
    .values({ app, environment, name, value })
    .onConflict((conflict) =>
      conflict.columns(['app', 'environment', 'name']).doUpdateSet({ value }),
    )
    .execute()
}

/** Whether there was one. */
export async function unsetSetting(
  db: Db,
  { app, environment }: Place,
  name: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('settings')
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}
