import { NaruError } from '../base/error.ts'
import { production } from '../model/environment.ts'
import { checkedLabel } from '../model/name.ts'
import type { Db } from './tables.ts'

export type App = {
  name: string
  /** Numeric id of the group that the app's processes run in; no other app ever had it. */
  group: number
  createdAt: string
}

/**
 * Groups lie above every range that systemd, containers and subordinate ids use (1879048191 is the highest) and
 * below those of 32-bit signed limits: https://systemd.io/UIDS-GIDS.
 */
export const firstGroup = 1_900_000_000

/** Makes an app with its environment production. Throws `app.exists`, `name.invalid`. */
export async function createApp(db: Db, { name, at }: { name: string; at: string }): Promise<App> {
  const row = await db
    .insertInto('apps')
    .values({ name: checkedLabel('app', name), createdAt: at })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw new NaruError('app.exists', { app: name })
  await db.insertInto('environments').values({ app: name, environment: production }).execute()
  return appOf(row)
}

export async function findApp(db: Db, name: string): Promise<App | undefined> {
  const row = await db.selectFrom('apps').selectAll().where('name', '=', name).executeTakeFirst()
  return row && appOf(row)
}

/** Throws `app.unknown`. */
export async function requireApp(db: Db, name: string): Promise<App> {
  const app = await findApp(db, name)
  if (app === undefined) throw new NaruError('app.unknown', { app: name })
  return app
}

/** By name. */
export async function listApps(db: Db): Promise<App[]> {
  const rows = await db.selectFrom('apps').selectAll().orderBy('name').execute()
  return rows.map(appOf)
}

/**
 * Removes the app with everything of it but its events, which then belong to no deployment: an app that takes the
 * name later counts its deployments from 1 again. Removing what is gone is fine.
 */
export async function removeApp(db: Db, name: string): Promise<void> {
  await db.deleteFrom('apps').where('name', '=', name).execute()
  await db
    .updateTable('events')
    .set({ deployment: null })
    .where('app', '=', name)
    .where('deployment', 'is not', null)
    .execute()
}

const appOf = ({
  number,
  name,
  createdAt,
}: {
  number: number
  name: string
  createdAt: string
}): App => ({
  name,
  group: firstGroup + number,
  createdAt,
})
