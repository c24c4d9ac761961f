import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import type { Release } from '../model/release.ts'
import { fromJson, toJson } from './json.ts'
import type { Db, Tables } from './tables.ts'

/** Keeps a release under the environment's next number. */
export async function createRelease(
  db: Db,
  release: Omit<Release, 'number' | 'stableAt'>,
): Promise<Release> {
  const { app, environment, commit, title, build, artifact, createdAt, by, reason } = release
  const { last } = await ofPlace(db, release)
    .select((row) => row.fn.coalesce(row.fn.max('number'), row.lit(0)).as('last'))
    .executeTakeFirstOrThrow()
  const row = await db
    .insertInto('releases')
    .values({
      app,
      environment,
      number: last + 1,
      commit,
      title,
      build,
      artifact,
      services: toJson(release.services),
      jobs: toJson(release.jobs),
      strategy: release.strategy,
      promotedFrom: release.promotedFrom && toJson(release.promotedFrom),
      routes: toJson(release.routes),
      settings: toJson(release.settings),
      secrets: toJson(release.secrets),
      createdAt,
      by,
      reason,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return releaseOf(row)
}

export async function findRelease(
  db: Db,
  place: Place,
  number: number,
): Promise<Release | undefined> {
  const row = await ofPlace(db, place).selectAll().where('number', '=', number).executeTakeFirst()
  return row && releaseOf(row)
}

/** Throws `release.unknown`. */
export async function requireRelease(db: Db, place: Place, number: number): Promise<Release> {
  const release = await findRelease(db, place, number)
  if (release === undefined) throw unknown(place, number)
  return release
}

/** Newest first. */
export async function listReleases(db: Db, place: Place, limit: number): Promise<Release[]> {
  const rows = await ofPlace(db, place).selectAll().orderBy('number', 'desc').limit(limit).execute()
  return rows.map(releaseOf)
}

/** Notes that it became stable, now as the last one to do so; `stableAt` keeps the first time. Throws `release.unknown`. */
export async function markStable(db: Db, place: Place, number: number, at: string): Promise<void> {
  const { last } = await ofPlace(db, place)
    .select((row) => row.fn.coalesce(row.fn.max('stableTurn'), row.lit(0)).as('last'))
    .executeTakeFirstOrThrow()
  const { numUpdatedRows } = await db
    .updateTable('releases')
    .set((row) => ({
      stableAt: row.fn.coalesce('stableAt', row.val(at)),
      lastStableAt: at,
      stableTurn: last + 1,
    }))
    .where('app', '=', place.app)
    .where('environment', '=', place.environment)
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw unknown(place, number)
}

/**
 * The release that was the last to become stable before `current` last did, whatever their numbers; where `current`
 * never was, the last of all. Undefined when there is none.
 */
export async function lastStableBefore(
  db: Db,
  place: Place,
  current: number,
): Promise<Release | undefined> {
  const turn = await ofPlace(db, place)
    .select('stableTurn')
    .where('number', '=', current)
    .executeTakeFirst()
  let query = ofPlace(db, place).selectAll().where('stableTurn', 'is not', null)
  if (typeof turn?.stableTurn === 'number') query = query.where('stableTurn', '<', turn.stableTurn)
  const row = await query.orderBy('stableTurn', 'desc').limit(1).executeTakeFirst()
  return row && releaseOf(row)
}

/** Forgets every release of the environment but these, with its deployments. What the environment points to must be among them. */
export async function trimReleases(
  db: Db,
  place: Place,
  keep: ReadonlySet<number>,
): Promise<number> {
  const rows = await ofPlace(db, place).select('number').execute()
  const gone = rows.filter(({ number }) => !keep.has(number))
  for (const { number } of gone) {
    await db
      .deleteFrom('releases')
      .where('app', '=', place.app)
      .where('environment', '=', place.environment)
      .where('number', '=', number)
      .execute()
  }
  return gone.length
}

const ofPlace = (db: Db, { app, environment }: Place) =>
  db.selectFrom('releases').where('app', '=', app).where('environment', '=', environment)

const unknown = ({ app, environment }: Place, release: number) =>
  new NaruError('release.unknown', { app, environment, release })

const releaseOf = (row: Selectable<Tables['releases']>): Release => {
  const {
    lastStableAt: _,
    stableTurn: __,
    services,
    jobs,
    routes,
    strategy,
    settings,
    secrets,
    reason,
    promotedFrom,
    ...others
  } = row
  return {
    ...others,
    services: fromJson(services),
    jobs: fromJson(jobs),
    strategy: strategy as Release['strategy'],
    routes: fromJson(routes),
    settings: fromJson(settings),
    secrets: fromJson(secrets),
    reason: reason as Release['reason'],
    promotedFrom: promotedFrom === null ? null : fromJson(promotedFrom),
  }
}
