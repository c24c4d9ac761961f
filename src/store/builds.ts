import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import { type Build, type BuildStatus, buildMoves } from '../model/build.ts'
import type { Place } from '../model/environment.ts'
import type { ReleaseRoute } from '../model/release.ts'
import { fromJson, toJson } from './json.ts'
import type { Db, Tables } from './tables.ts'

export type NewBuild = Pick<Build, 'app' | 'environment' | 'source' | 'commit' | 'title' | 'by'> &
  Partial<Pick<Build, 'deploys' | 'warnings'>> & {
    at: string
    /** What its release will route to. */
    routes?: readonly ReleaseRoute[]
  }

/** A new build at the end of the queue, with the app's next number. */
export async function queueBuild(db: Db, build: NewBuild): Promise<Build> {
  const { app, environment, source, commit, title, by, at } = build
  const { deploys = true, warnings = [], routes = [] } = build
  const { last } = await db
    .selectFrom('builds')
    .select((row) => row.fn.coalesce(row.fn.max('number'), row.lit(0)).as('last'))
    .where('app', '=', app)
    .executeTakeFirstOrThrow()
  const row = await db
    .insertInto('builds')
    .values({
      app,
      environment,
      number: last + 1,
      status: 'queued',
      source,
      deploys: deploys ? 1 : 0,
      warnings: toJson(warnings),
      routes: toJson(routes),
      commit,
      title,
      by,
      queuedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return buildOf(row)
}

export async function findBuild(db: Db, app: string, number: number): Promise<Build | undefined> {
  const row = await db
    .selectFrom('builds')
    .selectAll()
    .where('app', '=', app)
    .where('number', '=', number)
    .executeTakeFirst()
  return row && buildOf(row)
}

/** Throws `build.unknown`. */
export async function requireBuild(db: Db, app: string, number: number): Promise<Build> {
  const build = await findBuild(db, app, number)
  if (build === undefined) throw new NaruError('build.unknown', { app, build: number })
  return build
}

/** Newest first, of all environments. */
export async function listBuilds(
  db: Db,
  app: string,
  limit: number,
  environment?: string,
): Promise<Build[]> {
  const ofApp = db.selectFrom('builds').selectAll().where('app', '=', app)
  const found = environment === undefined ? ofApp : ofApp.where('environment', '=', environment)
  const rows = await found.orderBy('number', 'desc').limit(limit).execute()
  return rows.map(buildOf)
}

/** Moves the build on and notes what came with it. Throws `build.unknown`; a move that `buildMoves` does not allow is a bug. */
export async function moveBuild(
  db: Db,
  app: string,
  number: number,
  to: BuildStatus,
  changes: Partial<Pick<Build, 'startedAt' | 'endedAt' | 'artifact' | 'problem' | 'deployment'>>,
): Promise<Build> {
  const { status } = await requireBuild(db, app, number)
  if (!buildMoves[status].includes(to)) {
    throw new Error(`build ${number} of ${app} cannot go from ${status} to ${to}`)
  }
  const { problem, ...others } = changes
  const kept = problem === undefined ? {} : { problem: problem && toJson(problem) }
  const row = await db
    .updateTable('builds')
    .set({ ...others, ...kept, status: to })
    .where('app', '=', app)
    .where('number', '=', number)
    .returningAll()
    .executeTakeFirstOrThrow()
  return buildOf(row)
}

/** Of all apps, in the order in which they were queued. */
export async function waitingBuilds(db: Db): Promise<Build[]> {
  const rows = await db
    .selectFrom('builds')
    .selectAll()
    .where('status', '=', 'queued')
    .orderBy('id')
    .execute()
  return rows.map(buildOf)
}

/** Those that wait or run, of one environment or of all, oldest first. */
export async function unfinishedBuilds(db: Db, place?: Place): Promise<Build[]> {
  let query = db.selectFrom('builds').selectAll().where('status', 'in', unfinished).orderBy('id')
  if (place) query = query.where('app', '=', place.app).where('environment', '=', place.environment)
  return (await query.execute()).map(buildOf)
}

/** What builds that are not over will route to, with their places. */
export async function claimedByBuilds(db: Db): Promise<(Place & { routes: ReleaseRoute[] })[]> {
  const rows = await db
    .selectFrom('builds')
    .select(['app', 'environment', 'routes'])
    .where('status', 'in', unfinished)
    .execute()
  return rows.map(({ routes, ...place }) => ({ ...place, routes: fromJson(routes) }))
}

/** Environments that ever built something, also those that are no more. */
export async function placesOfBuilds(db: Db): Promise<Place[]> {
  return db.selectFrom('builds').select(['app', 'environment']).distinct().execute()
}

/** The newest of an environment that made an artifact, newest first. */
export async function newestSucceeded(
  db: Db,
  { app, environment }: Place,
  limit: number,
): Promise<Build[]> {
  const rows = await db
    .selectFrom('builds')
    .selectAll()
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('status', '=', 'succeeded')
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
  return rows.map(buildOf)
}

/** Forgets all but the newest so many builds of each environment and those that are not over. Returns how many. */
export async function trimBuilds(
  db: Db,
  { app, environment }: Place,
  keep: number,
): Promise<number> {
  const newestToGo = await db
    .selectFrom('builds')
    .select('number')
    .where('app', '=', app)
    .where('environment', '=', environment)
    .orderBy('number', 'desc')
    .limit(1)
    .offset(keep)
    .executeTakeFirst()
  if (newestToGo === undefined) return 0
  const { numDeletedRows } = await db
    .deleteFrom('builds')
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('number', '<=', newestToGo.number)
    .where('status', 'not in', unfinished)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

const statuses = Object.keys(buildMoves) as BuildStatus[]
const unfinished = statuses.filter((status) => buildMoves[status].length > 0)

const buildOf = ({
  id: _,
  status,
  source,
  deploys,
  warnings,
  routes: _routes,
  problem,
  ...row
}: Selectable<Tables['builds']>): Build => ({
  ...row,
  status: status as BuildStatus,
  source: source as Build['source'],
  deploys: deploys === 1,
  warnings: fromJson(warnings),
  problem: problem === null ? null : fromJson(problem),
})
