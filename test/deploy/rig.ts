import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { NaruError } from '../../src/base/error.ts'
import { jsonLog } from '../../src/base/log.ts'
import type { Conductor } from '../../src/deploy/conductor.ts'
import { noFaults } from '../../src/deploy/fault.ts'
import { Loops } from '../../src/deploy/loops.ts'
import { conductor } from '../../src/deploy/naru.ts'
import type { BuildJob, BuildResult, Parts } from '../../src/deploy/parts.ts'
import type { Engine, JobEnd, JobRun } from '../../src/engine/engine.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import type { NaruEvent } from '../../src/model/event.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { RouteTable } from '../../src/model/route.ts'
import { type SetSpec, setKey } from '../../src/model/set.ts'
import type { Router } from '../../src/route/router.ts'
import { listDeployments } from '../../src/store/deployments.ts'
import { findEnvironment } from '../../src/store/environments.ts'
import { listEvents } from '../../src/store/events.ts'
import { openStore, type Store } from '../../src/store/store.ts'

export const place = { app: 'shop', environment: 'production' }

export const succeeded: JobEnd = { code: 0, signal: null, timedOut: false, cancelled: false }
export const cancelled: JobEnd = { ...succeeded, code: null, signal: 'SIGTERM', cancelled: true }

/** Instances in memory: healthy as soon as they are asked for, unless the test says otherwise. */
export class MemoryEngine implements Engine {
  readonly name = 'process'
  readonly can = { limits: false, volumes: false, exec: false }
  readonly instances = new Map<string, Instance>()
  readonly ensured: string[] = []
  readonly stopped: string[] = []
  /** Of a new instance. */
  healthyForMs = 60_000
  /** Called before a set is made true; throwing refuses it. */
  onEnsure: (spec: SetSpec) => void | Promise<void> = () => {}
  readonly ran: string[] = []
  /** How a job goes; it succeeds at once unless the test says otherwise. */
  onRun: (job: JobRun, cancel?: AbortSignal) => Promise<JobEnd> = async () => succeeded
  #listeners = new Set<() => void>()
  #last = 0

  async prepare(): Promise<void> {}

  async ensure(spec: SetSpec, count: number): Promise<void> {
    await this.onEnsure(spec)
    this.ensured.push(`${spec.set.service}@v${spec.set.release}`)
    const there = [...this.instances.values()].filter(
      ({ set, health }) => setKey(set) === setKey(spec.set) && health !== 'stopping',
    )
    for (let missing = count - there.length; missing > 0; missing -= 1) this.#add(spec)
    this.changed()
  }

  async stop(ids: string[]): Promise<void> {
    for (const id of ids) if (this.instances.delete(id)) this.stopped.push(id)
    this.changed()
  }

  async list(filter: Partial<Instance['set']> = {}): Promise<Instance[]> {
    return [...this.instances.values()].filter(({ set }) =>
      Object.entries(filter).every(([key, value]) => set[key as keyof typeof set] === value),
    )
  }

  async usage(): Promise<[]> {
    return []
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run(job: JobRun, cancel?: AbortSignal): Promise<JobEnd> {
    this.ran.push(`${job.job}@v${job.release}`)
    if (cancel?.aborted) return cancelled
    return this.onRun(job, cancel)
  }

  async open(): Promise<never> {
    throw new Error('there is nothing to run a command with')
  }

  async exec(): Promise<never> {
    throw new Error('there is nothing to run a command in')
  }

  async endRuns(): Promise<void> {}

  readonly forgotten: { app: string; environment?: string }[] = []

  async forget(of: { app: string; environment?: string }): Promise<void> {
    this.forgotten.push(of)
  }

  async *logs(): AsyncIterable<never> {}

  async collect(): Promise<{ artifacts: number; bytes: number }> {
    return { artifacts: 0, bytes: 0 }
  }

  async close(): Promise<void> {}

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** All instances of a release become like this. */
  set(release: number, changes: Partial<Instance>): void {
    for (const [id, instance] of this.instances)
      if (instance.set.release === release) this.instances.set(id, { ...instance, ...changes })
    this.changed()
  }

  #add({ set }: SetSpec): void {
    this.#last += 1
    const id = `${set.service}-v${set.release}-${this.#last}`
    this.instances.set(id, {
      id,
      set,
      address: { host: '127.0.0.1', port: 20_000 + this.#last },
      health: 'healthy',
      healthyForMs: this.healthyForMs,
      restarts: 0,
      lastExit: null,
      reason: null,
      listening: [],
      startedAt: new Date().toISOString(),
      pid: 1,
    })
  }
}

/** Serves the last table that it was given, and refuses an older one as the real one does. */
export class MemoryRouter implements Router {
  table: RouteTable = { number: 0, routes: [] }
  /** Awaited before a table is taken. */
  onApply: (table: RouteTable) => void | Promise<void> = () => {}
  onDrain: (instance: string) => void | Promise<void> = () => {}

  async apply(table: RouteTable) {
    await this.onApply(table)
    if (table.number < this.table.number)
      throw new NaruError('table.invalid', { issues: ['an older table'] })
    this.table = table
    return { number: table.number, refused: [] }
  }

  async served(): Promise<number> {
    return this.table.number
  }

  async traffic() {
    return []
  }

  async drain(instance: string) {
    await this.onDrain(instance)
    return { leftInFlight: 0 }
  }

  watch(): () => void {
    return () => {}
  }

  /** Release that visitors of the only route reach. */
  get serving(): number | undefined {
    return this.table.routes[0]?.backends[0]?.release
  }
}

export type Rig = {
  parts: Parts
  store: Store
  engine: MemoryEngine
  router: MemoryRouter
  loops: Loops
  naru: Conductor
  /** Runs a build: the test decides when it ends. */
  build: { run: (job: BuildJob, signal: AbortSignal) => Promise<BuildResult> }
  spec: { text: string }
  errors: string[]
  deployments(): Promise<Deployment[]>
  events(): Promise<NaruEvent[]>
  stable(): Promise<number | null>
  /** A second server over the same store and world; the first has acted for the last time. */
  restart(): Promise<void>
  push(commit: string): Promise<void>
}

export const oneService = `services:
  web:
    command: node server.js
    healthy-for: 0s
    settle: 0s
`

/** A server on a real store, with instances and router in memory, and an app `shop`. */
export async function rig(changes: Partial<Parts> = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'naru-deploy-'))
  const errors: string[] = []
  const log = jsonLog((line) => {
    if (line.includes('"level":"error"')) errors.push(line)
  })
  const store = await openStore(folder, { now: () => new Date(), log })
  const engine = new MemoryEngine()
  const router = new MemoryRouter()
  const spec = { text: oneService }
  const build: Rig['build'] = {
    run: async ({ build: { app, commit } }) => ({
      artifact: {
        digest: `sha256-${commit}`,
        app,
        body: { kind: 'slug', folder },
        services: {},
        jobs: {},
      },
      reused: false,
      seconds: 1,
    }),
  }
  const parts: Parts = {
    store,
    engine,
    router,
    source: {
      ensure: async () => {},
      remove: async () => {},
      commitInfo: async (_, commit) => ({ commit, title: commit, tree: commit }),
      readFile: async (_app, _commit, path) => (path === 'naru.yaml' ? spec.text : undefined),
      listFiles: async () => [],
      keep: async () => {},
      collect: async () => {},
      moveRef: async () => {},
      dropRef: async () => {},
    },
    build: (job, signal) => build.run(job, signal),
    forgetBuilds: async () => {},
    clock: systemClock(),
    log,
    fault: noFaults,
    stuckAfterMs: 60_000,
    domain: 'localhost',
    httpPort: 8080,
    useEngine: async () => {},
    disks: async () => [],
    builders: 1,
    ...changes,
  }
  const loops = new Loops(parts)
  const it: Rig = {
    parts,
    store,
    engine,
    router,
    loops,
    naru: conductor(parts, loops),
    build,
    spec,
    errors,
    deployments: async () => (await listDeployments(store.db, place, 1000)).reverse(),
    events: () => listEvents(store.db, { after: 0 }),
    stable: async () => (await findEnvironment(store.db, place))?.stable ?? null,
    async restart() {
      await it.loops.close()
      it.loops = new Loops(parts)
      it.naru = conductor(parts, it.loops)
      await it.loops.start()
    },
    async push(commit) {
      await it.naru.push(place, { commit, by: 'ada' })
    },
  }
  onTestFinished(async () => {
    await it.loops.close()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
  await it.naru.createApp(place.app, 'ada')
  await loops.start()
  return it
}

/** Waits until a fact is true, at most a few seconds. */
export const until = (fact: () => Promise<void> | void): Promise<void> =>
  vi.waitFor(fact, { timeout: 8000, interval: 10 })
