import type { Log } from '../base/log.ts'
import { type CacheFolders, type CacheUse, cacheUse, trimCaches } from './cache-bound.ts'

/** Holds slugs and caches of all apps within one bound, between builds and never under one. */
export interface CacheKeeper {
  /** Does a build of an app; what it uses stays meanwhile. Afterwards, in the background, the bound is looked at. */
  during<T>(app: string, build: () => Promise<T>): Promise<T>
  /** Called when slugs alone are over the bound: removes those that nothing needs. */
  whenOver(collect: () => Promise<void>): void
  use(): Promise<CacheUse & { limitBytes: number }>
  /** Resolves when nothing is being trimmed. */
  settled(): Promise<void>
}

/** A collection holds up builds; one that did not help is not tried again before. */
const unhelpfulMs = 10 * 60_000

export function cacheKeeper(
  limitBytes: number,
  apps: () => Promise<CacheFolders[]>,
  log: Log,
): CacheKeeper {
  const building = new Map<string, number>()
  let trimming: Promise<void> = Promise.resolve()
  let isWaiting = false
  let collectAgainMs = 0
  let collect = async (): Promise<void> => {}

  async function trim(): Promise<void> {
    isWaiting = false
    const isBusy = (app: string): boolean => building.has(app)
    const left = await trimCaches(await apps(), limitBytes, isBusy)
    if (left.usedBytes <= limitBytes || performance.now() < collectAgainMs) return
    await collect()
    const { usedBytes } = await trimCaches(await apps(), limitBytes, isBusy)
    if (usedBytes <= limitBytes) return
    collectAgainMs = performance.now() + unhelpfulMs
    log.info('kept releases take more than the limit of caches', { usedBytes, limitBytes })
  }

  function trimSoon(): void {
    // One that has not begun sees what this one would.
    if (isWaiting) return
    isWaiting = true
    trimming = trimming
      .then(trim)
      .catch((error: unknown) => log.error('the caches could not be trimmed', error))
  }

  return {
    async during(app, build) {
      building.set(app, (building.get(app) ?? 0) + 1)
      try {
        return await build()
      } finally {
        const others = (building.get(app) ?? 1) - 1
        if (others === 0) building.delete(app)
        else building.set(app, others)
        trimSoon()
      }
    },
    whenOver(given) {
      collect = given
    },
    use: async () => ({ ...(await cacheUse(await apps())), limitBytes }),
    settled: () => trimming,
  }
}
