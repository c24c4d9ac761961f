import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { EngineName } from '../model/engine.ts'
import type { Environment, Place } from '../model/environment.ts'
import { checkedLabel } from '../model/name.ts'
import type { Db, Tables } from './tables.ts'

/** Makes another environment of an app that exists. Throws `environment.exists`, `name.invalid`. */
export async function createEnvironment(
  db: Db,
  { app, environment }: Place,
  branch: string | null,
): Promise<Environment> {
  const row = await db
    .insertInto('environments')
    .values({ app, environment: checkedLabel('environment', environment), branch })
    .onConflict((conflict) => conflict.columns(['app', 'environment']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw new NaruError('environment.exists', { app, environment })
  return environmentOf(row)
}

/**
 * Removes it with its settings, secrets, releases and deployments; its builds stay the app's. Its events belong to no
 * deployment then: an environment that takes the name later counts from 1 again. Removing what is gone is fine.
 */
export async function removeEnvironment(db: Db, { app, environment }: Place): Promise<void> {
  await db
    .deleteFrom('environments')
    .where('app', '=', app)
    .where('environment', '=', environment)
    .execute()
  await db
    .updateTable('events')
    .set({ deployment: null })
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('deployment', 'is not', null)
    .execute()
}

/** What is built for it from now on; null: what the server builds for. */
export async function setEngine(
  db: Db,
  { app, environment }: Place,
  engine: EngineName | null,
): Promise<void> {
  await db
    .updateTable('environments')
    .set({ engine })
    .where('app', '=', app)
    .where('environment', '=', environment)
    .execute()
}

export async function findEnvironment(
  db: Db,
  { app, environment }: Place,
): Promise<Environment | undefined> {
  const row = await db
    .selectFrom('environments')
    .selectAll()
    .where('app', '=', app)
    .where('environment', '=', environment)
    .executeTakeFirst()
  return row && environmentOf(row)
}

/** Throws `environment.unknown`. */
export async function requireEnvironment(db: Db, place: Place): Promise<Environment> {
  const found = await findEnvironment(db, place)
  if (found === undefined) throw unknown(place)
  return found
}

/** Of one app or of all, by app and name. */
export async function listEnvironments(db: Db, app?: string): Promise<Environment[]> {
  let query = db.selectFrom('environments').selectAll()
  if (app !== undefined) query = query.where('app', '=', app)
  const rows = await query.orderBy('app').orderBy('environment').execute()
  return rows.map(environmentOf)
}

/** Throws `environment.unknown`; a release that does not exist is a bug that the end of the transaction finds. */
export async function pointTo(
  db: Db,
  place: Place,
  { stable, warm }: { stable: number; warm: { release: number; untilServed: number } | null },
): Promise<void> {
  await change(db, place, {
    stable,
    warmRelease: warm?.release ?? null,
    warmUntilServed: warm?.untilServed ?? null,
  })
}

/** From here on nothing is warm; what the environment points to stays. Throws `environment.unknown`. */
export async function endWarm(db: Db, place: Place): Promise<void> {
  await change(db, place, { warmRelease: null, warmUntilServed: null })
}

type Row = Selectable<Tables['environments']>

async function change(db: Db, place: Place, changes: Partial<Row>): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('environments')
    .set(changes)
    .where('app', '=', place.app)
    .where('environment', '=', place.environment)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw unknown(place)
}

const unknown = ({ app, environment }: Place) =>
  new NaruError('environment.unknown', { app, environment })

const environmentOf = ({
  app,
  environment,
  stable,
  warmRelease,
  warmUntilServed,
  branch,
  engine,
}: Row): Environment => ({
  app,
  environment,
  stable,
  warm:
    warmRelease === null || warmUntilServed === null
      ? null
      : { release: warmRelease, untilServed: warmUntilServed },
  branch,
  engine,
})
