import { NaruError, type Problem } from '../base/error.ts'
import { randomId } from '../base/id.ts'
import type { Build } from '../model/build.ts'
import { placeKey } from '../model/environment.ts'
import { keepArtifact } from '../store/artifacts.ts'
import { findBuild, moveBuild, unfinishedBuilds, waitingBuilds } from '../store/builds.ts'
import { engineOfPlace } from '../store/engine-choice.ts'
import { appendEvent } from '../store/events.ts'
import type { BuildResult, Parts } from './parts.ts'
import { pause } from './pause.ts'
import { makeRelease } from './releases.ts'
import { specOf } from './spec-of.ts'

/** Between two tries to write down what became of a build. */
const unrecordedMs = 1000

/** Works off the queue of builds, which lives in the store: oldest first, so many at once. */
export class Builder {
  readonly #running = new Map<string, { build: Build; abort(): void; ended: Promise<void> }>()
  readonly #quiet: { run(): Promise<void>; reject(error: Error): void }[] = []
  #isStarted = false
  #closed = false
  #looking: Promise<void> = Promise.resolve()

  constructor(
    private readonly parts: Parts,
    /** A build of this place has ended, with or without a deployment. */
    private readonly ended: (build: Build) => void,
  ) {}

  /** Puts builds that a crash interrupted back into the queue, then begins. */
  async start(): Promise<void> {
    const { store } = this.parts
    for (const build of await unfinishedBuilds(store.db)) {
      if (build.status === 'running') {
        await store.write((db) =>
          moveBuild(db, build.app, build.number, 'queued', { startedAt: null }),
        )
      }
    }
    this.#isStarted = true
    this.wake()
  }

  /** Looks for what can be built; before the start, what runs would be taken for what a crash interrupted. */
  wake(): void {
    if (!this.#isStarted) return
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((error: unknown) => this.parts.log.error('the build queue could not be read', error))
  }

  /** Ends a build that the store says is over; resolves when nothing of it runs any more. */
  async cancel(build: Build): Promise<void> {
    const running = this.#running.get(keyOf(build))
    running?.abort()
    await running?.ended
  }

  /** Ends everything that is being built of an app or an environment, also what is over for the store and takes its time to end. */
  async endAll({ app, environment }: { app: string; environment?: string }): Promise<void> {
    const all = [...this.#running.values()].filter(
      ({ build }) =>
        build.app === app && (environment === undefined || build.environment === environment),
    )
    for (const { abort } of all) abort()
    await Promise.all(all.map(({ ended }) => ended))
  }

  /**
   * Does something in a moment in which nothing is being built, so that what a build is making is not taken for
   * a leftover. Builds under way end first; none begins before it is done.
   */
  quietly(task: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('the builder is closed'))
      this.#quiet.push({ run: () => task().then(resolve, reject), reject })
      this.wake()
    })
  }

  /** Ends what is being built without a verdict, and waits until it is gone; the next start begins it again. */
  async close(): Promise<void> {
    this.#closed = true
    for (const build of this.#running.values()) build.abort()
    await this.#looking
    for (const task of this.#quiet.splice(0)) task.reject(new Error('the builder is closed'))
    await Promise.all([...this.#running.values()].map((build) => build.ended))
  }

  async #look(): Promise<void> {
    if (this.#closed) return
    if (this.#quiet.length > 0) {
      if (this.#running.size > 0) return
      for (const task of this.#quiet.splice(0)) await task.run()
    }
    for (const build of await waitingBuilds(this.parts.store.db)) {
      if (this.#closed || this.#running.size >= this.parts.builders) return
      if (this.#running.has(keyOf(build))) continue
      const controller = new AbortController()
      const ended = this.#run(build, controller.signal)
        .catch((error: unknown) => this.#unrecorded(build, error, controller.signal))
        .finally(() => {
          this.#running.delete(keyOf(build))
          this.ended(build)
          this.wake()
        })
      this.#running.set(keyOf(build), { build, abort: () => controller.abort(), ended })
    }
  }

  async #run(queued: Build, signal: AbortSignal): Promise<void> {
    const { store, source, clock } = this.parts
    const at = clock.now().toISOString()
    const { app, environment, number } = queued
    const build = await store.write(async (db) => {
      const now = await findBuild(db, app, number)
      if (now?.status !== 'queued') return undefined
      await appendEvent(db, at, {
        app,
        environment,
        kind: 'build.started',
        data: { build: number },
      })
      return moveBuild(db, app, number, 'running', { startedAt: at })
    })
    if (build === undefined) return
    try {
      // Once more: who cleaned up before this build was in the queue did not know that it is needed.
      await source.keep(app, build.commit)
      const { tree } = await source.commitInfo(app, build.commit)
      const spec = await specOf(source, build, build.commit)
      const engine = await engineOfPlace(store.db, build)
      const result = await this.parts.build({ build, tree, spec, engine }, signal)
      await this.#succeeded(build, result)
    } catch (error) {
      if (signal.aborted) return // Superseded, which the store says already, or Naru is ending.
      await this.#fail(build, this.#problemOf(build, error), signal)
    }
  }

  /** Until it is written down: a build that stayed `running` for want of room would never end for its pusher. */
  async #fail(build: Build, problem: Problem, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.#failed(build, problem)
      } catch (error) {
        await this.#unrecorded(build, error, signal)
      }
    }
  }

  async #unrecorded(build: Build, error: unknown, signal: AbortSignal): Promise<void> {
    this.parts.log.error('a build could not be recorded', error, { place: placeKey(build) })
    await pause(this.parts.clock, unrecordedMs, signal)
  }

  /** The artifact, the release and its deployment come into being together, or not at all; with `deploy: manual` the artifact alone. */
  async #succeeded(build: Build, { artifact, reused, seconds }: BuildResult): Promise<void> {
    const { store, clock, source, domain } = this.parts
    const { app, environment, number } = build
    const at = clock.now().toISOString()
    const spec = await specOf(source, build, build.commit)
    await store.write(async (db) => {
      const now = await findBuild(db, app, number)
      if (now?.status !== 'running') return
      await keepArtifact(db, artifact, at)
      const data = { build: number, seconds, artifact: artifact.digest, reused }
      await appendEvent(db, at, { app, environment, kind: 'build.succeeded', data })
      const { commit, title, by } = build
      if (!build.deploys) {
        await moveBuild(db, app, number, 'succeeded', { endedAt: at, artifact: artifact.digest })
        return
      }
      const wish = {
        place: { app, environment },
        spec,
        artifact,
        build: number,
        commit,
        title,
        by,
        at,
        domain,
      }
      const deployment = await makeRelease(db, { ...wish, reason: 'push' }, clock.served())
      const done = { endedAt: at, artifact: artifact.digest, deployment: deployment.number }
      await moveBuild(db, app, number, 'succeeded', done)
    })
  }

  async #failed({ app, environment, number }: Build, problem: Problem): Promise<void> {
    const { store, clock } = this.parts
    const at = clock.now().toISOString()
    await store.write(async (db) => {
      const now = await findBuild(db, app, number)
      if (now?.status !== 'running') return
      await moveBuild(db, app, number, 'failed', { endedAt: at, problem })
      await appendEvent(db, at, {
        app,
        environment,
        kind: 'build.failed',
        data: { build: number, problem },
      })
    })
  }

  #problemOf(build: Build, error: unknown): Problem {
    if (error instanceof NaruError) return error.problem
    const report = randomId()
    this.parts.log.error('a build broke', error, {
      place: placeKey(build),
      build: build.number,
      report,
    })
    return { code: 'naru.broken', facts: { report } }
  }
}

const keyOf = (build: Build): string => `${build.app}#${build.number}`
