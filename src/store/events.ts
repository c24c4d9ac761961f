import type { Selectable } from 'kysely'
import type { NaruEvent, NewEvent } from '../model/event.ts'
import { fromJson, toJson } from './json.ts'
import type { Db, Tables } from './tables.ts'

export type EventFilter = {
  /** Only those with a larger id. */
  after?: number
  app?: string
  environment?: string
  /** Only those of the deployment of this number; together with `app` and `environment`. */
  deployment?: number
  /** With `after` the next so many, without it the newest so many. */
  limit?: number
}

/** Puts it at the end of the log, in the transaction that changes what it tells of. */
export async function appendEvent(db: Db, at: string, event: NewEvent): Promise<NaruEvent> {
  const { app, environment, kind, data } = event
  const deployment = 'deployment' in data ? data.deployment : null
  const row = await db
    .insertInto('events')
    .values({ at, app, environment, kind, deployment, data: toJson(data) })
    .returningAll()
    .executeTakeFirstOrThrow()
  return eventOf(row)
}

/** In the order of their ids, oldest first. */
export async function listEvents(db: Db, filter: EventFilter = {}): Promise<NaruEvent[]> {
  const { after, app, environment, deployment, limit } = filter
  const newest = after === undefined && limit !== undefined
  let query = db
    .selectFrom('events')
    .selectAll()
    .orderBy('id', newest ? 'desc' : 'asc')
  if (after !== undefined) query = query.where('id', '>', after)
  if (app !== undefined) query = query.where('app', '=', app)
  if (environment !== undefined) query = query.where('environment', '=', environment)
  if (deployment !== undefined) query = query.where('deployment', '=', deployment)
  if (limit !== undefined) query = query.limit(limit)
  const events = (await query.execute()).map(eventOf)
  return newest ? events.reverse() : events
}

/** Id of the newest event; 0 while there is none. */
export async function lastEventId(db: Db): Promise<number> {
  const { last } = await db
    .selectFrom('events')
    .select((row) => row.fn.coalesce(row.fn.max('id'), row.lit(0)).as('last'))
    .executeTakeFirstOrThrow()
  return last
}

export async function countEvents(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('events')
    .select((row) => row.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Removes the oldest, so that at most so many stay. Returns how many went. */
export async function trimEvents(db: Db, keepNewest: number): Promise<number> {
  const newestToGo = await db
    .selectFrom('events')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(keepNewest)
    .executeTakeFirst()
  if (newestToGo === undefined) return 0
  const { numDeletedRows } = await db
    .deleteFrom('events')
    .where('id', '<=', newestToGo.id)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** A row was an event when it was written, so its kind and data belong together. */
const eventOf = ({
  id,
  at,
  app,
  environment,
  kind,
  data,
}: Selectable<Tables['events']>): NaruEvent =>
  ({ id, at, app, environment, kind, data: fromJson(data) }) as NaruEvent
