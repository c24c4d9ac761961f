import type { Selectable } from 'kysely'
import { NaruError } from '../base/error.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import { effectKinds, isOver, moves, type Rollout, type Status } from '../model/rollout.ts'
import { fromJson, toJson } from './json.ts'
import type { Db, Tables } from './tables.ts'

/** Keeps a deployment under the environment's next number. */
export async function queueDeployment(
  db: Db,
  deployment: Omit<Deployment, 'number'>,
): Promise<Deployment> {
  const { app, environment, release, from, rollout, by, queuedAt, startedAt, liveAt, endedAt } =
    deployment
  const { last } = await ofPlace(db, deployment)
    .select((row) => row.fn.coalesce(row.fn.max('number'), row.lit(0)).as('last'))
    .executeTakeFirstOrThrow()
  const row = await db
    .insertInto('deployments')
    .values({
      app,
      environment,
      number: last + 1,
      release,
      from,
      status: rollout.status,
      rollout: toJson(rollout),
      by,
      queuedAt,
      startedAt,
      liveAt,
      endedAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return deploymentOf(row)
}

export async function findDeployment(
  db: Db,
  place: Place,
  number: number,
): Promise<Deployment | undefined> {
  const row = await ofPlace(db, place).selectAll().where('number', '=', number).executeTakeFirst()
  return row && deploymentOf(row)
}

/** Throws `deployment.unknown`. */
export async function requireDeployment(db: Db, place: Place, number: number): Promise<Deployment> {
  const deployment = await findDeployment(db, place, number)
  if (deployment === undefined) throw unknown(place, number)
  return deployment
}

/** Newest first. */
export async function listDeployments(db: Db, place: Place, limit: number): Promise<Deployment[]> {
  const rows = await ofPlace(db, place).selectAll().orderBy('number', 'desc').limit(limit).execute()
  return rows.map(deploymentOf)
}

/** Those that are not over, of one environment or of all, oldest first. */
export async function unfinishedDeployments(db: Db, place?: Place): Promise<Deployment[]> {
  const all = place ? ofPlace(db, place) : db.selectFrom('deployments')
  const rows = await all.selectAll().where('status', 'in', unfinished).orderBy('id').execute()
  return rows.map(deploymentOf)
}

/**
 * A status or an effect that this Naru does not know, of a deployment that may not be over: only a newer one can have
 * written it, and knows what it means. Undefined if there is none.
 */
export async function unknownState(db: Db): Promise<string | undefined> {
  const rows = await db
    .selectFrom('deployments')
    .select(['status', 'rollout'])
    .where('status', 'not in', over)
    .execute()
  for (const { status, rollout } of rows) {
    if (!Object.hasOwn(moves, status)) return status
    const effects = fromJson<Rollout>(rollout).pending.map(({ effect }) => effect.do)
    const unknown = effects.find((effect) => !effectKinds.includes(effect))
    if (unknown !== undefined) return unknown
  }
  return undefined
}

/** Forgets all but the newest so many of the environment and those that are not over. Returns how many. */
export async function trimDeployments(db: Db, place: Place, keep: number): Promise<number> {
  const newestToGo = await ofPlace(db, place)
    .select('number')
    .orderBy('number', 'desc')
    .limit(1)
    .offset(keep)
    .executeTakeFirst()
  if (newestToGo === undefined) return 0
  const { numDeletedRows } = await db
    .deleteFrom('deployments')
    .where('app', '=', place.app)
    .where('environment', '=', place.environment)
    .where('number', '<=', newestToGo.number)
    .where('status', 'not in', unfinished)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** The newest that had its turn, over or not. */
export async function lastBegun(db: Db, place: Place): Promise<Deployment | undefined> {
  const row = await ofPlace(db, place)
    .selectAll()
    .where('startedAt', 'is not', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && deploymentOf(row)
}

/** Keeps where it stands: its rollout and its times. What it was asked for stays. Throws `deployment.unknown`. */
export async function saveDeployment(db: Db, deployment: Deployment): Promise<void> {
  const { app, environment, number, from, rollout, startedAt, liveAt, endedAt } = deployment
  const { numUpdatedRows } = await db
    .updateTable('deployments')
    .set({ status: rollout.status, from, rollout: toJson(rollout), startedAt, liveAt, endedAt })
    .where('app', '=', app)
    .where('environment', '=', environment)
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw unknown(deployment, number)
}

const statuses = Object.keys(moves) as Status[]
const unfinished = statuses.filter((status) => !isOver(status))
const over = statuses.filter(isOver)

const ofPlace = (db: Db, { app, environment }: Place) =>
  db.selectFrom('deployments').where('app', '=', app).where('environment', '=', environment)

const unknown = ({ app, environment }: Place, deployment: number) =>
  new NaruError('deployment.unknown', { app, environment, deployment })

const deploymentOf = ({
  id: _,
  status: __,
  rollout,
  ...row
}: Selectable<Tables['deployments']>): Deployment => ({
  ...row,
  rollout: fromJson(rollout),
})
