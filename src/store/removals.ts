import type { Db } from './tables.ts'

/** An app, or one environment of it. */
export type Removal = { app: string; environment?: string }

/** In the transaction that removes it from the store, so that a crash right after forgets nothing. Again is fine. */
export async function beginRemoval(db: Db, { app, environment = '' }: Removal): Promise<void> {
  await db
    .insertInto('removals')
    .values({ app, environment })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** What the store has forgotten and of which something may lie on the disk, by name. */
export async function listRemovals(db: Db): Promise<Removal[]> {
  const rows = await db
    .selectFrom('removals')
    .selectAll()
    .orderBy('app')
    .orderBy('environment')
    .execute()
  return rows.map(({ app, environment }) => ({ app, ...(environment && { environment }) }))
}

/** All of it is gone. Ending one that is over is fine. */
export async function endRemoval(db: Db, { app, environment = '' }: Removal): Promise<void> {
  await db
    .deleteFrom('removals')
    .where('app', '=', app)
    .where('environment', '=', environment)
    .execute()
}
