import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { Environment, Place } from '../model/environment.ts'
import type { Db, Tables } from './tables.ts'

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

/** Of all apps, by app and name. */
export async function listEnvironments(db: Db): Promise<Environment[]> {
  const rows = await db
    .selectFrom('environments')
    .selectAll()
    .orderBy('app')
    .orderBy('environment')
    .execute()
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
}: Row): Environment => ({
  app,
  environment,
  stable,
  warm:
    warmRelease === null || warmUntilServed === null
      ? null
      : { release: warmRelease, untilServed: warmUntilServed },
})
