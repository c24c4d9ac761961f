import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import { checkedLabel } from '../model/name.ts'
import { isOver } from '../model/rollout.ts'
import { defaultSpec } from '../model/spec.ts'
import { frozenRoute } from '../release/freeze.ts'
import { createApp, findApp, removeApp, requireApp } from '../store/apps.ts'
import { unfinishedBuilds } from '../store/builds.ts'
import { requireDeployment, unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments, requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { changeSecrets, changeSettings } from './changes.ts'
import type { Conductor } from './conductor.ts'
import { takeIn } from './intake.ts'
import type { Loops } from './loops.ts'
import type { Parts } from './parts.ts'
import { queueRollback } from './rollback.ts'
import { runningIn, servingIn, servingNow } from './serving.ts'
import { urlsOf } from './urls.ts'

/** How long instances of a destroyed app may take to end. */
const destroyGraceSeconds = 5

/** The conductor: every wish is first written to the store, then the loops carry it out. */
export function conductor(parts: Parts, loops: Loops): Conductor {
  const { store, source, clock } = parts
  const at = (): string => clock.now().toISOString()
  return {
    async createApp(app, by) {
      checkedLabel('app', app)
      await source.ensure(app)
      if (await findApp(store.db, app)) return
      await store.write(async (db) => {
        await createApp(db, { name: app, at: at() })
        await appendEvent(db, at(), { app, environment: null, kind: 'app.created', data: { by } })
      })
      await loops.traffic.refresh()
    },

    async destroyApp(app, by) {
      await requireApp(store.db, app)
      loops.cancel((await unfinishedBuilds(store.db)).filter((build) => build.app === app))
      const places = (await listEnvironments(store.db)).filter((place) => place.app === app)
      for (const place of places) await loops.drop(place)
      try {
        await store.write(async (db) => {
          await removeApp(db, app)
          const data = { by }
          await appendEvent(db, at(), { app, environment: null, kind: 'app.destroyed', data })
        })
        await loops.endAll(app, destroyGraceSeconds)
        await source.remove(app)
        await parts.forgetBuilds(app)
        await loops.collect()
      } finally {
        for (const place of places) loops.readmit(place)
      }
    },

    async push(place, push) {
      const { build, superseded } = await takeIn(parts, place, push)
      loops.cancel(superseded)
      loops.wake(place)
      loops.builder.wake()
      return build
    },

    async rollback(place, wanted, by) {
      const unfinished = await unfinishedDeployments(store.db, place)
      const running = runningIn(unfinished)
      // Traffic is on a release that is not stable yet: going back is what its abort does.
      if (wanted === undefined && running?.rollout.kind === 'release' && running.rollout.exposed) {
        const waiting = unfinished.filter(({ rollout }) => rollout.status === 'queued')
        for (const { number } of waiting) await loops.abort(place, number, by)
        return abort(place, running.number, by)
      }
      const deployment = await queueRollback(parts, place, wanted, by)
      loops.wake(place)
      return deployment
    },

    abort,

    async changeSettings(place, change, by) {
      const deployment = await changeSettings(parts, place, change, by)
      loops.wake(place)
      return deployment
    },

    async changeSecrets(place, change, by) {
      const deployment = await changeSecrets(parts, place, change, by)
      loops.wake(place)
      return deployment
    },

    serving: (place) => servingNow(store.db, place),

    async urls(place) {
      const { release } = await servingIn(store.db, await requireEnvironment(store.db, place))
      const routes =
        release?.routes ??
        defaultSpec.routes.map((route) => frozenRoute(route, place, parts.domain))
      return urlsOf(routes, parts.httpPort)
    },
  }

  async function abort(place: Place, number: number, by: string) {
    const before = await requireDeployment(store.db, place, number)
    const { status } = before.rollout
    if (isOver(status))
      throw new NaruError('deployment.over', { app: place.app, deployment: number, status })
    await loops.abort(place, number, by)
    return requireDeployment(store.db, place, number)
  }
}
