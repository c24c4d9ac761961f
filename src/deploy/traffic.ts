import type { Log } from '../base/log.ts'
import type { Engine } from '../engine/engine.ts'
import { isAway } from '../engine/engines.ts'
import type { Place } from '../model/environment.ts'
import type { Instance, InstanceId } from '../model/instance.ts'
import type { Release } from '../model/release.ts'
import type { Route } from '../model/route.ts'
import { defaultSpec } from '../model/spec.ts'
import { frozenRoute } from '../release/freeze.ts'
import { buildRoutes, type PlaceRoutes } from '../route/rotation.ts'
import type { Applied, Router } from '../route/router.ts'
import { listApps } from '../store/apps.ts'
import { listEnvironments } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { readRoutes, saveTable } from '../store/table.ts'
import { servingIn } from './serving.ts'

/**
 * Keeps the router's table equal to what the stable pointers, the running deployments and the instances say.
 * The table is computed anew on every pass, so nothing can be lost between two changes.
 */
export class Traffic {
  /** Instances that are about to end: they are out of rotation, however healthy they are. */
  readonly ending = new Set<InstanceId>()
  #last: Promise<unknown> = Promise.resolve()
  /** The pass that has not begun. */
  #next: Promise<Applied> | null = null
  #served = 0
  #refused = ''

  constructor(
    private readonly parts: {
      store: Store
      engine: Engine
      router: Router
      log: Log
      domain: string
      now: () => Date
    },
  ) {}

  /** Number of the last table that the router confirmed; 0 before the first. */
  get served(): number {
    return this.#served
  }

  /** A table from what is true now is being served when it resolves. Calls made meanwhile share the next pass; no two overlap, or an older table could win. */
  refresh(): Promise<Applied> {
    if (this.#next !== null) return this.#next
    const pass = this.#last.then(() => {
      this.#next = null
      return this.#pass()
    })
    this.#next = pass
    this.#last = pass.catch(() => {}) // How a pass ended is its own callers' business.
    return pass
  }

  async #pass(): Promise<Applied> {
    const { store, router } = this.parts
    const routes = await this.#routes()
    const served = await router.served()
    const table = await store.write((db) => saveTable(db, routes, served))
    const applied = await router.apply(table)
    this.#served = applied.number
    await this.#tellRefused(applied)
    return applied
  }

  async #routes(): Promise<Route[]> {
    const { store, engine, domain } = this.parts
    // One that ends while the engine answers may be in the answer, and not be about to end any more.
    const ending = new Set(this.ending)
    const isEnding = ({ id }: Instance) => ending.has(id) || this.ending.has(id)
    const { instances: all, unknown } = await known(engine, store)
    const instances = all.filter((instance) => !isEnding(instance))
    const environments = await listEnvironments(store.db)
    const places = await Promise.all(
      environments
        .filter(({ app }) => !unknown.has(app))
        .map(async (environment): Promise<PlaceRoutes> => {
          const { release, beside, deploying } = await servingIn(store.db, environment)
          return {
            place: { app: environment.app, environment: environment.environment },
            routes: routesOf(environment, release, domain),
            serving: release?.number ?? null,
            beside: beside && {
              release: beside.release.number,
              routes: beside.release.routes,
              most: beside.most,
            },
            page:
              deploying && environment.stable === null
                ? 'starting'
                : release === null
                  ? 'starting'
                  : 'down',
          }
        }),
    )
    const routes = buildRoutes(places, instances)
    if (unknown.size === 0) return routes
    const before = await readRoutes(store.db)
    return [...routes, ...before.filter(({ app }) => unknown.has(app))]
  }

  /** A refusal is told once, when it changes, and not at every pass. */
  async #tellRefused({ refused }: Applied): Promise<void> {
    const text = JSON.stringify(refused)
    if (text === this.#refused) return
    this.#refused = text
    for (const { route, reason } of refused) {
      this.parts.log.warn('route refused', {
        host: route.host,
        path: route.path,
        app: route.app,
        reason,
      })
      const data = { host: route.host, reason }
      await this.parts.store.write((db) =>
        appendEvent(db, this.parts.now().toISOString(), {
          app: route.app,
          environment: route.environment || null,
          kind: 'route.refused',
          data,
        }),
      )
    }
  }
}

/** The instances, and the apps whose instances an engine that does not answer may have: nothing is changed for those. */
async function known(
  engine: Engine,
  { db }: Store,
): Promise<{ instances: Instance[]; unknown: Set<string> }> {
  try {
    return { instances: await engine.list(), unknown: new Set() }
  } catch (error) {
    if (!isAway(error)) throw error
  }
  const unknown = new Set<string>()
  const each = (await listApps(db)).map(({ name: app }) =>
    engine.list({ app }).catch((error: unknown) => {
      if (!isAway(error)) throw error
      unknown.add(app)
      return []
    }),
  )
  return { instances: (await Promise.all(each)).flat(), unknown }
}

/** Before its first release an app has the address it will get, so that a visitor is told to wait. */
const routesOf = (place: Place, release: Release | null, domain: string) =>
  release?.routes ?? defaultSpec.routes.map((route) => frozenRoute(route, place, domain))
