import { NaruError } from '../../src/base/error.ts'
import type { Log } from '../../src/base/log.ts'
import type { Conductor } from '../../src/deploy/conductor.ts'
import { noFaults } from '../../src/deploy/fault.ts'
import { type JobDesk, jobDesk } from '../../src/deploy/jobs.ts'
import { Loops } from '../../src/deploy/loops.ts'
import { conductor } from '../../src/deploy/naru.ts'
import type { BuildJob, BuildResult, Parts } from '../../src/deploy/parts.ts'
import { readServedMs } from '../../src/store/clock.ts'
import { listEvents } from '../../src/store/events.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { builtFrom, type Commits, sourceOf } from './commits.ts'
import { engineOf, routerOf } from './doors.ts'
import type { Gateway } from './gateway.ts'
import type { Ledger } from './ledger.ts'
import { Life } from './life.ts'
import type { Machine } from './machine.ts'
import { type Surroundings, WorldFault } from './surroundings.ts'

export type Outside = {
  folder: string
  machine: Machine
  gateway: Gateway
  commits: Commits
  ledger: Ledger
  /** Changes one of the parts, so that a test sees what comes of it. */
  spoil: (parts: Parts) => Parts
}

/** One server: the real conductor on the real store, with a simulated world behind its doors. */
export class Server {
  isServing = false
  /** Wishes that were asked for and not answered. */
  readonly unanswered = new Set<string>()

  private constructor(
    readonly life: Life,
    readonly store: Store,
    readonly naru: Conductor,
    readonly jobs: JobDesk,
    private readonly loops: Loops,
    private readonly real: Store,
  ) {}

  static async start(around: Surroundings, outside: Outside, number: number): Promise<Server> {
    const { folder, machine, gateway, commits, ledger } = outside
    const life = new Life(around, number)
    const log = logOf(around, life)
    const real = await openStore(folder, { now: around.wall, log })
    for (const event of await listEvents(real.db, { after: ledger.lastId })) ledger.read(event)
    real.onEvent((event) => ledger.read(event))
    const instanceWatchers = new Set<() => void>()
    const routerWatchers = new Set<() => void>()
    const store = life.store(real)
    const parts = outside.spoil({
      store,
      engine: engineOf(life, machine, instanceWatchers),
      router: routerOf(life, gateway, routerWatchers),
      source: sourceOf(commits, (name, effect) => life.call(name, effect, { mayFail: true })),
      build: (job, signal) => buildIn(life, around, outside, job, signal),
      forgetBuilds: (app) => life.call(`forget builds of ${app}`, () => {}),
      clock: life.clock(await readServedMs(real.db)),
      log,
      fault: noFaults,
      stuckAfterMs: 60_000,
      domain: 'localhost',
      httpPort: 8080,
      useEngine: async () => {},
      disks: async () => [],
      builders: 2,
    })
    const loops = new Loops(parts)
    const server = new Server(life, store, conductor(parts, loops), jobDesk(parts), loops, real)
    machine.adopt()
    let isToldSoon = false
    machine.onChange = () => {
      if (isToldSoon) return
      isToldSoon = true
      around.agenda.in(around.random.around(4) - 1, 'instances have changed', () => {
        isToldSoon = false
        if (!life.isDead) for (const watcher of [...instanceWatchers]) watcher()
      })
    }
    gateway.onReturn = () => {
      around.agenda.in(around.random.around(200), 'the router is seen again', () => {
        if (!life.isDead) for (const watcher of [...routerWatchers]) watcher()
      })
    }
    loops.start().then(
      () => server.#serve(around),
      (error: unknown) => {
        if (!life.isDead) log.error('the server could not start', error)
        life.pointsLeft = 0
        life.point()
      },
    )
    return server
  }

  get isDead(): boolean {
    return this.life.isDead
  }

  /** Told to end, it lets go of everything in good order. */
  async end(): Promise<void> {
    this.life.isClosing = true
    await this.loops.close()
    this.life.close()
    this.life.isDead = true
  }

  /** What is left of it, dead or ended, goes. */
  async bury(): Promise<void> {
    this.life.isDead = true
    this.life.close()
    await this.real.close()
  }

  #serve(around: Surroundings): void {
    if (this.life.isDead) return
    around.trace.line(`${around.agenda.nowMs} server ${this.life.number} serves`)
    this.isServing = true
    this.jobs.adopt().catch((error: unknown) => {
      if (this.life.isDead || this.life.isClosing) return
      around.violate(`runs of jobs could not be taken over: ${String(error)}`)
    })
  }
}

/** What the server logs as an error must be the world's fault, and not a mistake of its own. */
function logOf(around: Surroundings, life: Life): Log {
  return {
    info: () => {},
    warn: () => {},
    error: (message, error) => {
      if (life.isDead) return
      const { nowMs } = around.agenda
      const said = error instanceof Error ? error.message : String(error)
      around.trace.line(
        `${nowMs} error: ${message}: ${error instanceof NaruError ? error.code : said}`,
      )
      if (life.isClosing || isWorlds(error)) return
      around.violate(`the server says: ${message}: ${error instanceof Error ? error.stack : said}`)
    },
  }
}

const worlds: ReadonlySet<string> = new Set<NaruError['code']>([
  'data.full',
  'router.down',
  'build.timed-out',
  'job.failed',
  'job.timed-out',
  'job.cancelled',
  'release.none',
  'release.serving',
  'release.never-stable',
])

const isWorlds = (error: unknown): boolean =>
  error instanceof WorldFault || (error instanceof NaruError && worlds.has(error.code))

/** Takes its time, and ends early, badly, when it is not wanted any more. */
async function buildIn(
  life: Life,
  { agenda, trouble }: Surroundings,
  { commits, machine }: Outside,
  job: BuildJob,
  signal: AbortSignal,
): Promise<BuildResult> {
  const commit = commits.of(job.build.commit)
  await life.call(
    `build ${commit.name}`,
    () =>
      new Promise<void>((resolve, reject) => {
        const aborted = () => reject(new WorldFault('the build was aborted'))
        if (signal.aborted) return aborted()
        signal.addEventListener('abort', aborted, { once: true })
        agenda.in(commit.buildMs, `${commit.name} is built`, () => {
          if (commit.build === 'breaks' && !trouble.isCalm)
            reject(new NaruError('build.disk-full', { build: job.build.number }))
          else resolve()
        })
      }),
  )
  return life.call(`artifact of ${commit.name}`, () => {
    const result = builtFrom(commit, job)
    machine.artifacts.add(commit.name)
    return result
  })
}
