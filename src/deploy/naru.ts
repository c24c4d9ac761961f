import { NaruError } from '../base/error.ts'
import type { Build } from '../model/build.ts'
import type { Place } from '../model/environment.ts'
import { checkedLabel } from '../model/name.ts'
import { isOver } from '../model/rollout.ts'
import { createApp, findApp, removeApp, requireApp } from '../store/apps.ts'
import { requireBuild } from '../store/builds.ts'
import { requireDeployment, unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments, requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import { beginRemoval } from '../store/removals.ts'
import { checkBranch, currentBranch, placeOfPush } from './branches.ts'
import { cancelBuilds, overtakeBuilds } from './build-ends.ts'
import { changeSecrets, changeSettings } from './changes.ts'
import type { Conductor } from './conductor.ts'
import { chooseEngine, chooseServerEngine } from './engine-choice.ts'
import { addEnvironment, dropEnvironment, requireRemovable } from './environments.ts'
import { deployExisting } from './existing.ts'
import { checkDefaultHost, defaultRoutes } from './hosts.ts'
import { takeIn } from './intake.ts'
import type { Loops } from './loops.ts'
import type { Parts } from './parts.ts'
import { logInAt, logOutAt } from './registries.ts'
import { queueRollback } from './rollback.ts'
import { changeScale, scaleOf } from './scale.ts'
import { runningIn, servingIn, servingNow } from './serving.ts'
import { urlsOf } from './urls.ts'

/** How long instances of a destroyed app or environment may take to end. */
const destroyGraceSeconds = 5

/** The conductor: every wish is first written to the store, then the loops carry it out. */
export function conductor(parts: Parts, loops: Loops): Conductor {
  const { store, source, clock, domain } = parts
  const at = (): string => clock.now().toISOString()
  let turns: Promise<unknown> = Promise.resolve()
  return {
    createApp: (app, by) =>
      inTurn(async () => {
        checkedLabel('app', app)
        await loops.finishRemovals() // What is left of an app of that name is not this one's.
        await source.ensure(app)
        if (await findApp(store.db, app)) return
        await store.write(async (db) => {
          await createApp(db, { name: app, at: at() })
          for (const place of await listEnvironments(db, app))
            await checkDefaultHost(db, place, domain)
          await appendEvent(db, at(), { app, environment: null, kind: 'app.created', data: { by } })
        })
        await loops.traffic.refresh()
      }),

    destroyApp: (app, by) =>
      inTurn(async () => {
        await requireApp(store.db, app)
        await withoutActing(await listEnvironments(store.db, app), async () => {
          await store.write(async (db) => {
            await beginRemoval(db, { app })
            await removeApp(db, app)
            const data = { by }
            await appendEvent(db, at(), { app, environment: null, kind: 'app.destroyed', data })
          })
          await loops.endAll({ app }, destroyGraceSeconds)
          await loops.traffic.refresh()
          await loops.finishRemovals()
        })
      }),

    createEnvironment: (app, wanted, by) =>
      inTurn(async () => {
        await requireApp(store.db, app)
        await loops.finishRemovals()
        const place = { app, environment: wanted.environment }
        await checkBranch(parts, place, wanted.branch)
        await addEnvironment(parts, app, wanted, by)
        // Nothing serves there, so that a branch that an older one of that name left would name nothing.
        await source.dropRef(app, await currentBranch(parts, place))
        await loops.traffic.refresh()
      }),

    destroyEnvironment: ({ app, environment }, by) =>
      inTurn(async () => {
        const place = { app, environment }
        await requireRemovable(store.db, place)
        const branch = await currentBranch(parts, place)
        await withoutActing([place], async () => {
          await dropEnvironment(parts, place, by)
          await loops.endAll(place, destroyGraceSeconds)
          await loops.traffic.refresh()
          await source.dropRef(app, branch)
          await loops.finishRemovals()
        })
      }),

    async receive(app, push) {
      await requireApp(store.db, app)
      return accept(await placeOf(app, push), push)
    },

    push: accept,

    async deploy(place, wish, by) {
      const { deployment, overtaken } = await deployExisting(parts, place, wish, by)
      void loops.cancel(overtaken)
      loops.wake(place)
      return deployment
    },

    async cancelBuild(app, number, by) {
      const cancelled = await store.write(async (db) => {
        const found = await requireBuild(db, app, number)
        if (found.endedAt !== null)
          throw new NaruError('build.over', { app, build: number, status: found.status })
        await cancelBuilds(db, [found], { by, at: at() })
        return found
      })
      await loops.cancel([cancelled])
      loops.wake(cancelled)
      loops.builder.wake()
      return requireBuild(store.db, app, number)
    },

    async rollback(place, wanted, by) {
      const unfinished = await unfinishedDeployments(store.db, place)
      const running = runningIn(unfinished)
      // Traffic is on a release that is not stable yet: going back is what its abort does.
      if (wanted === undefined && running?.rollout.kind === 'release' && running.rollout.exposed) {
        await overtakeFor(place, running.rollout.stable?.release ?? null, by)
        const waiting = (await unfinishedDeployments(store.db, place)).filter(
          ({ rollout }) => rollout.status === 'queued',
        )
        for (const { number } of waiting) await unlessOver(loops.abort(place, number, by))
        const back = await unlessOver(abort(place, running.number, by))
        if (back !== undefined) return back
        // It became stable meanwhile, so that it is gone back from like any other.
      }
      const { deployment, overtaken } = await queueRollback(parts, place, wanted, by)
      void loops.cancel(overtaken)
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

    scale: (place) => scaleOf(parts, place),

    chooseEngine: (place, engine, by) => chooseEngine(parts, place, engine, by),
    chooseServerEngine: (engine, by) => chooseServerEngine(parts, engine, by),

    logInAt: (login, by) => logInAt(parts, login, by),
    logOutAt: (host, by) => logOutAt(parts, host, by),

    async changeScale(place, change, by) {
      await changeScale(parts, place, change, by)
      loops.wake(place)
    },

    serving: (place) => servingNow(store.db, place),

    branch: (place) => currentBranch(parts, place),

    async urls(place) {
      const { release } = await servingIn(store.db, await requireEnvironment(store.db, place))
      return urlsOf(release?.routes ?? defaultRoutes(place, domain), parts.httpPort)
    },
  }

  async function accept(
    place: Place,
    push: { commit: string; by: string; source?: Build['source'] },
  ): Promise<Build> {
    const taken = await takeIn(parts, place, push)
    void loops.cancel(taken.superseded)
    loops.wake(place)
    loops.builder.wake()
    return taken.build
  }

  async function placeOf(app: string, push: { commit: string; ref: string }): Promise<Place> {
    try {
      return await placeOfPush(parts, app, push)
    } catch (error) {
      await requireApp(store.db, app) // Removed meanwhile: that says more than what failed of it.
      throw error
    }
  }

  async function abort(place: Place, number: number, by: string) {
    const before = await requireDeployment(store.db, place, number)
    const { status } = before.rollout
    if (isOver(status))
      throw new NaruError('deployment.over', { ...ofPlace(place), deployment: number, status })
    await loops.abort(place, number, by)
    return requireDeployment(store.db, place, number)
  }

  /** A person goes back: what had been pushed before would undo it. Where there is nothing to go back to, it may be the cure. */
  async function overtakeFor(place: Place, release: number | null, by: string): Promise<void> {
    if (release === null) return
    const wish = { wish: 'rollback' as const, release, by, at: at() }
    const overtaken = await store.write((db) => overtakeBuilds(db, place, wish))
    void loops.cancel(overtaken)
  }

  /** Apps and environments come and go one after the other: a name that is being removed is not taken meanwhile. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = turns.then(task)
    turns = turn.catch(() => {}) // How it ended is its own asker's business.
    return turn
  }

  /** While it lasts nothing acts in these places. */
  async function withoutActing(places: Place[], task: () => Promise<void>): Promise<void> {
    for (const place of places) await loops.drop(place)
    try {
      await task()
    } finally {
      for (const place of places) await loops.readmit(place)
    }
  }
}

const ofPlace = ({ app, environment }: Place): Place => ({ app, environment })

/** Undefined for a deployment that had ended before it could be aborted. */
async function unlessOver<T>(aborted: Promise<T>): Promise<T | undefined> {
  try {
    return await aborted
  } catch (error) {
    if (error instanceof NaruError && error.code === 'deployment.over') return undefined
    throw error
  }
}
