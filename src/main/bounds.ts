import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { treeBytes } from '../base/tree.ts'
import type { CacheKeeper } from '../build/cache-keeper.ts'
import { buildLogBytes } from '../build/log-segments.ts'
import type { Bound } from '../contract/shapes.ts'
import { keptEvents } from '../deploy/collector.ts'
import { segmentBytes, segmentsKept } from '../engine/log/log-book.ts'
import { listApps } from '../store/apps.ts'
import { listEnvironments } from '../store/environments.ts'
import { countEvents } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { keptLogs } from './workshops.ts'

/** What of the data folder grows, what it takes now, and the bound that holds it. */
export async function boundsOf(
  data: string,
  store: Store,
  caches: Pick<CacheKeeper, 'use'>,
): Promise<Bound[]> {
  const bytes = (what: string, used: number, limit: number | null): Bound => ({
    what,
    used,
    limit,
    unit: 'bytes',
  })
  const environments = await listEnvironments(store.db)
  const apps = await listApps(store.db)
  const cache = await caches.use()
  const copies = await treeBytes(join(data, 'copies'))
  return [
    bytes('cache', cache.usedBytes, cache.limitBytes),
    bytes(
      'instance-logs',
      await treeBytes(join(data, 'engine', 'logs')),
      Math.max(1, environments.length) * segmentBytes * segmentsKept,
    ),
    bytes(
      'build-logs',
      await treeBytes(join(data, 'builds')),
      Math.max(1, apps.length) * keptLogs * buildLogBytes,
    ),
    { what: 'events', used: await countEvents(store.db), limit: keptEvents, unit: 'rows' },
    bytes('server-log', await filesBytes(data, /^server\.log/), 2 * serverLogBytes),
    bytes('database', await filesBytes(data, /^naru\.db/), null),
    bytes('copies', copies, null),
    bytes('git', await treeBytes(join(data, 'git')), null),
  ]
}

/** The log and the one before it. */
const serverLogBytes = 4 * 1024 * 1024

async function filesBytes(folder: string, name: RegExp): Promise<number> {
  const sizes = (await readdir(folder))
    .filter((file) => name.test(file))
    .map(async (file) => (await stat(join(folder, file))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
