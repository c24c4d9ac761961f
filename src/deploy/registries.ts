import type { Secret } from '../base/secret.ts'
import { appendEvent } from '../store/events.ts'
import { removeRegistry, saveRegistry } from '../store/registries.ts'
import type { Parts } from './parts.ts'

/** Who Naru is at a registry from now on: what it fetches and builds on may be private. Whether that is true shows when it is needed. */
export async function logInAt(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  { host, user, password }: { host: string; user: string; password: Secret },
  by: string,
): Promise<void> {
  const at = clock.now().toISOString()
  await store.write(async (db) => {
    await saveRegistry(db, store.vault, { host, user, setAt: at }, password)
    const data = { host, user, by }
    await appendEvent(db, at, { app: null, environment: null, kind: 'registry.logged-in', data })
  })
}

/** Throws `registry.unknown`. */
export async function logOutAt(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  host: string,
  by: string,
): Promise<void> {
  await store.write(async (db) => {
    await removeRegistry(db, host)
    const data = { host, by }
    const at = clock.now().toISOString()
    await appendEvent(db, at, { app: null, environment: null, kind: 'registry.logged-out', data })
  })
}
