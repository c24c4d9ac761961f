import { findApp } from '../store/apps.ts'
import { findEnvironment } from '../store/environments.ts'
import { endRemoval, listRemovals, type Removal } from '../store/removals.ts'
import type { Db } from '../store/store.ts'
import type { Parts } from './parts.ts'

/** Jobs of what is gone are ended without being asked: nobody waits for them. */
const graceSeconds = 0

/**
 * Removes from the disk what the store has forgotten: at the end of a destruction, and at the start where a crash
 * interrupted one. Nothing of it may run any more but its jobs, which are ended. Safe to repeat.
 */
export async function finishRemovals({
  store,
  engine,
  source,
  forgetBuilds,
}: Pick<Parts, 'store' | 'engine' | 'source' | 'forgetBuilds'>): Promise<void> {
  for (const removal of await listRemovals(store.db)) {
    // Nothing takes a name whose removal is not over; what is there all the same keeps what it has.
    if (!(await isThere(store.db, removal))) {
      await engine.endRuns(removal, graceSeconds)
      // First: what a build does after its end is still in the app's folder.
      if (removal.environment === undefined) await forgetBuilds(removal.app)
      await engine.forget(removal)
      if (removal.environment === undefined) await source.remove(removal.app)
    }
    await store.write((db) => endRemoval(db, removal))
  }
}

async function isThere(db: Db, { app, environment }: Removal): Promise<boolean> {
  const found =
    environment === undefined
      ? await findApp(db, app)
      : await findEnvironment(db, { app, environment })
  return found !== undefined
}
