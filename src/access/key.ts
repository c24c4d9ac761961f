import { appendEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'

/** Seals every secret with a new key and forgets the old one; returns how many. Instances keep what they were started with. */
export function rotateKey(store: Store, now: () => Date, by: string): Promise<number> {
  return store.rotateKey(async (db, secrets) => {
    await appendEvent(db, now().toISOString(), {
      app: null,
      environment: null,
      kind: 'key.rotated',
      data: { secrets, by },
    })
  })
}
