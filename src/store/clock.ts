import type { Db } from './tables.ts'

/** Milliseconds that this folder had been served for when they were last saved; 0 at first. */
export async function readServedMs(db: Db): Promise<number> {
  const row = await db.selectFrom('clock').select('servedMs').executeTakeFirst()
  return row?.servedMs ?? 0
}

/** Keeps them; a smaller figure than the kept one is left out, since this time never goes back. */
export async function saveServedMs(db: Db, servedMs: number): Promise<void> {
  const whole = Math.floor(servedMs)
  await db
    .insertInto('clock')
    .values({ id: 1, servedMs: whole })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ servedMs: whole }).where('clock.servedMs', '<', whole),
    )
    .execute()
}
