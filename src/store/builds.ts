import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import { type Build, type BuildStatus, buildMoves } from '../model/build.ts'
import type { Place } from '../model/environment.ts'
import { fromJson, toJson } from './json.ts'
import type { Db, Tables } from './tables.ts'

/** A new build at the end of the queue, with the app's next number. */
export async function queueBuild(
  db: Db,
  { at, ...build }: Pick<Build, 'app' | 'environment' | 'commit' | 'title' | 'by'> & { at: string },
): Promise<Build> {
  const { app, environment, commit, title, by } = build
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
export async function listBuilds(db: Db, app: string, limit: number): Promise<Build[]> {
  const rows = await db
    .selectFrom('builds')
    .selectAll()
    .where('app', '=', app)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
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

const statuses = Object.keys(buildMoves) as BuildStatus[]
const unfinished = statuses.filter((status) => buildMoves[status].length > 0)

const buildOf = ({ id: _, status, problem, ...row }: Selectable<Tables['builds']>): Build => ({
  ...row,
  status: status as BuildStatus,
  problem: problem === null ? null : fromJson(problem),
})
