import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import type { JobRunRecord, JobRunStatus } from '../model/job.ts'
import type { Db, Tables } from './tables.ts'

/** Keeps a run that begins under the environment's next number. */
export async function beginJobRun(
  db: Db,
  { app, environment }: Place,
  begun: Pick<JobRunRecord, 'release' | 'job' | 'by' | 'deployment'> & { at: string },
): Promise<JobRunRecord> {
  const { last } = await ofPlace(db, { app, environment })
    .select((row) => row.fn.coalesce(row.fn.max('number'), row.lit(0)).as('last'))
    .executeTakeFirstOrThrow()
  const { at, ...about } = begun
  const row = await db
    .insertInto('jobRuns')
    .values({
      app,
      environment,
      number: last + 1,
      ...about,
      status: 'running',
      startedAt: at,
      endedAt: null,
      exitCode: null,
      signal: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return runOf(row)
}

/** Keeps how a run ended, once: false where that is kept already, and nothing changes. */
export async function endJobRun(
  db: Db,
  { app, environment }: Place,
  number: number,
  end: Pick<JobRunRecord, 'exitCode' | 'signal'> & {
    status: Exclude<JobRunStatus, 'running'>
    at: string
  },
): Promise<boolean> {
  const { status, at, exitCode, signal } = end
  const { numUpdatedRows } = await db
    .updateTable('jobRuns')
    .set({ status, endedAt: at, exitCode, signal })
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('number', '=', number)
    .where('status', '=', 'running')
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Throws `run.unknown`. */
export async function requireJobRun(db: Db, place: Place, number: number): Promise<JobRunRecord> {
  const row = await ofPlace(db, place).selectAll().where('number', '=', number).executeTakeFirst()
  if (row === undefined)
    throw new NaruError('run.unknown', {
      app: place.app,
      environment: place.environment,
      run: number,
    })
  return runOf(row)
}

/** Newest first. */
export async function listJobRuns(db: Db, place: Place, limit: number): Promise<JobRunRecord[]> {
  const rows = await ofPlace(db, place).selectAll().orderBy('number', 'desc').limit(limit).execute()
  return rows.map(runOf)
}

/** The newest run of a release's job that has this status, or belongs to this deployment. */
export async function newestJobRun(
  db: Db,
  place: Place,
  of: Pick<JobRunRecord, 'release' | 'job'> & ({ status: JobRunStatus } | { deployment: number }),
): Promise<JobRunRecord | undefined> {
  const runs = ofPlace(db, place)
    .selectAll()
    .where('release', '=', of.release)
    .where('job', '=', of.job)
  const wanted =
    'status' in of
      ? runs.where('status', '=', of.status)
      : runs.where('deployment', '=', of.deployment)
  const row = await wanted.orderBy('number', 'desc').limit(1).executeTakeFirst()
  return row && runOf(row)
}

/** Runs of all environments whose end is not kept, oldest first. */
export async function unfinishedJobRuns(db: Db): Promise<JobRunRecord[]> {
  const rows = await db
    .selectFrom('jobRuns')
    .selectAll()
    .where('status', '=', 'running')
    .orderBy('startedAt')
    .execute()
  return rows.map(runOf)
}

/** Removes all but the newest so many of an environment, and none that runs. */
export async function trimJobRuns(db: Db, place: Place, keepNewest: number): Promise<void> {
  const newestToGo = await ofPlace(db, place)
    .select('number')
    .orderBy('number', 'desc')
    .limit(1)
    .offset(keepNewest)
    .executeTakeFirst()
  if (newestToGo === undefined) return
  await db
    .deleteFrom('jobRuns')
    .where('app', '=', place.app)
    .where('environment', '=', place.environment)
    .where('number', '<=', newestToGo.number)
    .where('status', '!=', 'running')
    .execute()
}

const ofPlace = (db: Db, { app, environment }: Place) =>
  db.selectFrom('jobRuns').where('app', '=', app).where('environment', '=', environment)

/** A row was a run when it was written, so its status is one of a run's. */
const runOf = (row: Selectable<Tables['jobRuns']>): JobRunRecord => row as JobRunRecord
