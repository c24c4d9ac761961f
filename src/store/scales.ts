import type { Place } from '../model/environment.ts'
import type { Db } from './tables.ts'

/** How many instances of a service were asked for with `naru scale`, by service; what a release says is not among it. */
export type Scales = Record<string, number>

export async function listScales(db: Db, { app, environment }: Place): Promise<Scales> {
  const rows = await db
    .selectFrom('scales')
    .select(['service', 'replicas'])
    .where('app', '=', app)
    .where('environment', '=', environment)
    .orderBy('service')
    .execute()
  return Object.fromEntries(rows.map(({ service, replicas }) => [service, replicas]))
}

/** Sets it anew or for the first time; every release from now on has so many instances of the service. */
export async function setScale(
  db: Db,
  { app, environment }: Place,
  service: string,
  replicas: number,
): Promise<void> {
  await db
    .insertInto('scales')
    .values({ app, environment, service, replicas })
    .onConflict((conflict) =>
      conflict.columns(['app', 'environment', 'service']).doUpdateSet({ replicas }),
    )
    .execute()
}

/** From now on the releases say it again. Whether there was something to forget. */
export async function unsetScale(
  db: Db,
  { app, environment }: Place,
  service: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('scales')
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('service', '=', service)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}
