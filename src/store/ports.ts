import type { Store } from './store.ts'

/** Which port belongs to which instance, kept before an instance starts, so that no two ever get the same. */
export interface PortBook {
  /** Instance by port. */
  held(): Promise<Map<number, string>>
  /** Whether the instance has the port now; false when it is another's. */
  hold(port: number, instance: string): Promise<boolean>
  /** Gives back every port of the instance. Giving back nothing is fine. */
  release(instance: string): Promise<void>
}

export function portBook(store: Pick<Store, 'db' | 'write'>): PortBook {
  return {
    held: async () => {
      const rows = await store.db.selectFrom('ports').selectAll().orderBy('port').execute()
      return new Map(rows.map(({ port, instance }) => [port, instance]))
    },
    hold: (port, instance) =>
      store.write(async (db) => {
        await db
          .insertInto('ports')
          .values({ port, instance })
          .onConflict((conflict) => conflict.column('port').doNothing())
          .execute()
        const row = await db
          .selectFrom('ports')
          .select('instance')
          .where('port', '=', port)
          .executeTakeFirstOrThrow()
        return row.instance === instance
      }),
    release: (instance) =>
      store.write(async (db) => {
        await db.deleteFrom('ports').where('instance', '=', instance).execute()
      }),
  }
}
