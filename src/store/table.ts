import type { Route, RouteTable } from '../model/route.ts'
import { defaultLimits, defaultTimeouts } from '../model/route-bounds.ts'
import { fromJson, toJson } from './json.ts'
import type { Db } from './tables.ts'

/**
 * The table of these routes with its number: the kept one where its content is the same, in whatever order, else the
 * next. A number below `served` is never given, so that a router that outlived a return to a copy takes it.
 */
export async function saveTable(db: Db, routes: readonly Route[], served = 0): Promise<RouteTable> {
  const sorted = routes.map(inOrder).sort((a, b) => compare(routeKey(a), routeKey(b)))
  const content = toJson(sorted)
  const kept = await db.selectFrom('routeTable').selectAll().executeTakeFirst()
  if (kept && kept.routes === content && kept.number >= served) {
    return { number: kept.number, routes: fromJson(kept.routes) }
  }
  const number = Math.max(kept?.number ?? 0, served) + 1
  await db
    .insertInto('routeTable')
    .values({ id: 1, number, routes: content })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ number, routes: content }))
    .execute()
  return { number, routes: sorted }
}

/** The routes that were saved last. */
export async function readRoutes(db: Db): Promise<Route[]> {
  const kept = await db.selectFrom('routeTable').select('routes').executeTakeFirst()
  return kept === undefined ? [] : fromJson(kept.routes)
}

/** Rebuilt key by key, so that the same content is the same text. */
function inOrder({ backends, timeouts, limits, ...route }: Route): Route {
  const { host, path, app, environment, service, page } = route
  const sorted = backends
    .map(({ release, weight, instances }) => ({
      release,
      weight,
      instances: instances
        .map(({ id, host: instanceHost, port }) => ({ id, host: instanceHost, port }))
        .sort((a, b) => compare(a.id, b.id)),
    }))
    .sort((a, b) => a.release - b.release)
  return {
    ...{ host, path, app, environment, service, backends: sorted, page },
    ...(timeouts && { timeouts: byKey(timeouts, defaultTimeouts) }),
    ...(limits && { limits: byKey(limits, defaultLimits) }),
  }
}

/** The same keys in the order of another one. */
const byKey = <T extends object>(bounds: T, like: T): T =>
  Object.fromEntries(Object.keys(like).map((key) => [key, bounds[key as keyof T]])) as T

const routeKey = ({ host, path, app, environment }: Route): string =>
  toJson([host, path, app, environment])

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
