import { NaruError } from '../../src/base/error.ts'
import type { InstanceFilter, JobEnd, JobRun, RunFilter } from '../../src/engine/engine.ts'
import { type Place, placeKey } from '../../src/model/environment.ts'
import type { Exit, Instance, InstanceId } from '../../src/model/instance.ts'
import { type SetId, type SetSpec, setKey } from '../../src/model/set.ts'
import type { Commits, Fate } from './commits.ts'
import type { Surroundings } from './surroundings.ts'

const backoffMs = [250, 1_000, 3_000, 9_000, 30_000]

/** One instance, over any number of runs of its program and of servers. */
export type Program = {
  readonly id: InstanceId
  readonly set: SetId
  readonly commit: string
  readonly routed: boolean
  readonly fate: Fate
  readonly port: number
  /** Whether its program runs, also while it is told to end. */
  isUp: boolean
  health: 'starting' | 'healthy' | 'unhealthy'
  healthySinceMs: number
  /** Ever, in any of its runs. */
  wasHealthy: boolean
  restarts: number
  /** Counts its starts: what was meant for an earlier run does not concern this one. */
  run: number
  startedAt: string
  lastExit: Exit | null
  endedByItself: boolean
  /** Whether the server that lives now has asked for its set. */
  isWanted: boolean
  stopping: Promise<void> | null
  crashes: number
}

type Job = {
  key: string
  run: JobRun
  end: JobEnd | null
  settled: Promise<JobEnd>
  settle(end: JobEnd): void
}

/** Where instances and jobs run. It outlives every server, and does only what it is told; how its programs behave is fate. */
export class Machine {
  readonly programs = new Map<InstanceId, Program>()
  readonly jobs = new Map<string, Job>()
  /** Folders of artifacts that are there. */
  readonly artifacts = new Set<string>()
  /** Called once for each change that a server may want to know of. */
  onChange: () => void = () => {}
  onStart: (program: Program) => void = () => {}
  onStop: (program: Program, graceSeconds: number) => void = () => {}
  onJobEnd: (run: JobRun, end: JobEnd) => void = () => {}
  #made = 0

  constructor(
    private readonly around: Surroundings,
    private readonly commits: Commits,
  ) {}

  ensure(spec: SetSpec, count: number): void {
    const there = [...this.programs.values()].filter(
      ({ set, stopping }) => stopping === null && setKey(set) === setKey(spec.set),
    )
    for (const program of there) {
      program.isWanted = true
      if (!program.isUp) this.#startLater(program, 0)
    }
    if (!this.artifacts.has(spec.commit)) {
      const { app, environment, release } = spec.set
      throw new NaruError('artifact.missing', { app, environment, release, digest: spec.commit })
    }
    for (let missing = count - there.length; missing > 0; missing -= 1) this.#add(spec)
  }

  /** Resolves when all are gone, whatever became of whoever asked. */
  async stop(ids: readonly InstanceId[], graceSeconds: number): Promise<void> {
    await Promise.all(
      ids.map((id) => {
        const program = this.programs.get(id)
        if (program === undefined) return undefined
        program.stopping ??= this.#end(program, graceSeconds)
        return program.stopping
      }),
    )
  }

  list(filter: InstanceFilter = {}): Instance[] {
    return [...this.programs.values()]
      .filter(({ set }) =>
        (Object.entries(filter) as [keyof SetId, unknown][]).every(
          ([key, value]) => value === undefined || set[key] === value,
        ),
      )
      .map((program) => this.#view(program))
  }

  /** Another server looks after what runs here: it knows nothing of it yet. */
  adopt(): void {
    for (const program of this.programs.values()) {
      program.isWanted = false
      program.healthySinceMs = this.around.agenda.nowMs
    }
  }

  /** Every program is gone, and how it ended is not known. */
  restart(): void {
    for (const program of this.programs.values()) {
      if (!program.isUp) continue
      this.#down(program)
      program.endedByItself = false
      program.lastExit = { code: null, signal: null, at: this.around.wall().toISOString() }
    }
    for (const job of this.jobs.values())
      if (job.end === null) this.#endJob(job, { code: null, signal: null })
    this.changed()
  }

  /** Its program ends by itself. */
  kill(program: Program, code: number | null = 1): void {
    if (!program.isUp || program.stopping !== null) return
    this.around.trace.line(`${this.around.agenda.nowMs} ${program.id} ends by itself`)
    this.#down(program)
    program.endedByItself = true
    program.crashes += 1
    program.lastExit = {
      code,
      signal: code === null ? 'SIGKILL' : null,
      at: this.around.wall().toISOString(),
    }
    if (program.isWanted)
      this.#startLater(program, backoffMs[Math.min(program.crashes, backoffMs.length) - 1] ?? 0)
    this.changed()
  }

  /** From now on nothing ails: what is coming up comes up, and who waits long for its next start waits no more. */
  calm(): void {
    for (const program of this.programs.values()) {
      if (program.stopping !== null) continue
      program.crashes = 0
      if (!program.isUp && program.isWanted) this.#startLater(program, 500)
      if (program.isUp && program.health !== 'healthy') this.#becomeHealthyIn(program, 500)
    }
  }

  async run(run: JobRun, cancel?: AbortSignal): Promise<JobEnd> {
    const key = `${placeKey(run.place)} ${run.run}`
    if (cancel?.aborted && !this.jobs.has(key)) return cancelledEnd
    const job = this.jobs.get(key) ?? this.#begin(key, run)
    const end = () => this.#cancelJob(job)
    if (cancel?.aborted) end()
    cancel?.addEventListener('abort', end, { once: true })
    return job.settled
  }

  async endRuns(filter: RunFilter): Promise<void> {
    const jobs = [...this.jobs.values()].filter(
      ({ end, run: { place, run } }) =>
        end === null &&
        (filter.app === undefined || place.app === filter.app) &&
        (filter.environment === undefined || place.environment === filter.environment) &&
        (filter.run === undefined || run === filter.run),
    )
    for (const job of jobs) this.#cancelJob(job)
    await Promise.all(jobs.map(({ settled }) => settled))
  }

  forget({ app, environment }: { app: string; environment?: string }): void {
    for (const [key, { run, end }] of this.jobs)
      if (
        end !== null &&
        run.place.app === app &&
        (environment === undefined || run.place.environment === environment)
      )
        this.jobs.delete(key)
  }

  changed(): void {
    this.onChange()
  }

  ofPlace(place: Place): Program[] {
    return [...this.programs.values()].filter(({ set }) => placeKey(set) === placeKey(place))
  }

  #add(spec: SetSpec): void {
    this.#made += 1
    const program: Program = {
      id: `${spec.set.service}-v${spec.set.release}-${this.#made}`,
      set: spec.set,
      commit: spec.commit,
      routed: spec.routed,
      fate: this.commits.of(spec.commit).fate,
      port: 20_000 + (this.#made % 20_000),
      isUp: false,
      health: 'starting',
      healthySinceMs: 0,
      wasHealthy: false,
      restarts: 0,
      run: 0,
      startedAt: '',
      lastExit: null,
      endedByItself: false,
      isWanted: true,
      stopping: null,
      crashes: 0,
    }
    this.programs.set(program.id, program)
    this.#start(program)
  }

  #startLater(program: Program, ms: number): void {
    const { run } = program
    this.around.agenda.in(ms, `${program.id} starts again`, () => {
      if (program.isUp || program.run !== run || program.stopping !== null || !program.isWanted)
        return
      if (program.endedByItself) program.restarts += 1
      this.#start(program)
    })
  }

  #start(program: Program): void {
    const { trace, agenda, wall } = this.around
    program.isUp = true
    program.health = 'starting'
    program.endedByItself = false
    program.run += 1
    program.startedAt = wall().toISOString()
    trace.line(`${agenda.nowMs} ${program.id} starts`)
    this.onStart(program)
    this.#live(program)
    this.changed()
  }

  /** What its fate has for this run. */
  #live(program: Program): void {
    const { random, trouble } = this.around
    if (!program.routed) {
      this.#becomeHealthyIn(program, random.between(20, 200))
      if (!trouble.isCalm && (program.fate === 'ill worker' || program.fate === 'crashes'))
        this.#dieIn(program, random.around(700))
      return
    }
    const fate = trouble.isCalm ? 'well' : program.fate
    switch (fate) {
      case 'never healthy':
        return
      case 'crashes':
        this.#dieIn(program, random.between(20, 800))
        return
      case 'slow':
        this.#becomeHealthyIn(program, random.between(2000, 25_000))
        return
      case 'dies':
        this.#becomeHealthyIn(program, random.around(500))
        this.#dieIn(program, random.around(8000))
        return
      default:
        if (!trouble.isCalm && random.chance(0.02)) return // One that never comes up, of a release that does.
        this.#becomeHealthyIn(program, random.around(700))
    }
  }

  #becomeHealthyIn(program: Program, ms: number): void {
    const { run } = program
    this.around.agenda.in(ms, `${program.id} becomes healthy`, () => {
      if (program.run !== run || !program.isUp || program.health === 'healthy') return
      program.health = 'healthy'
      program.wasHealthy = true
      program.healthySinceMs = this.around.agenda.nowMs
      if (program.stopping !== null) return
      this.around.trace.line(`${this.around.agenda.nowMs} ${program.id} is healthy`)
      this.changed()
      const { random, trouble } = this.around
      if (program.fate === 'flaps' && !trouble.isCalm && program.routed)
        this.#falterIn(program, random.around(4000))
    })
  }

  #falterIn(program: Program, ms: number): void {
    const { run } = program
    this.around.agenda.in(ms, `${program.id} falters`, () => {
      if (program.run !== run || this.around.trouble.isCalm) return
      this.falter(program)
    })
  }

  /** It answers no more, for a while. */
  falter(program: Program): void {
    if (!program.isUp || program.health !== 'healthy' || program.stopping !== null) return
    program.health = 'unhealthy'
    this.around.trace.line(`${this.around.agenda.nowMs} ${program.id} is unhealthy`)
    this.changed()
    this.#becomeHealthyIn(program, this.around.random.around(3000))
  }

  #dieIn(program: Program, ms: number): void {
    const { run } = program
    this.around.agenda.in(ms, `${program.id} dies`, () => {
      if (program.run === run && !this.around.trouble.isCalm) this.kill(program)
    })
  }

  #down(program: Program): void {
    program.isUp = false
    program.health = 'starting'
    program.run += 1
  }

  async #end(program: Program, graceSeconds: number): Promise<void> {
    const { agenda, random, trace } = this.around
    trace.line(`${agenda.nowMs} ${program.id} is told to end`)
    this.onStop(program, graceSeconds)
    const takesMs = !program.isUp
      ? 0
      : random.chance(0.8)
        ? random.around(100)
        : random.between(0, graceSeconds * 1000)
    this.changed()
    await new Promise<void>((resolve) => {
      agenda.in(Math.min(takesMs, graceSeconds * 1000), `${program.id} has ended`, resolve)
    })
    program.isUp = false
    this.programs.delete(program.id)
    this.changed()
  }

  #view(program: Program): Instance {
    const { isUp, health, stopping, healthySinceMs, fate } = program
    const shown = stopping !== null ? 'stopping' : isUp ? health : 'down'
    return {
      id: program.id,
      set: { ...program.set },
      address: { host: '127.0.0.1', port: program.port },
      health: shown,
      healthyForMs: shown === 'healthy' ? Math.floor(this.around.agenda.nowMs - healthySinceMs) : 0,
      restarts: program.restarts,
      lastExit: program.lastExit,
      reason: shown === 'healthy' ? null : fate,
      listening: [],
      startedAt: program.startedAt,
      pid: isUp ? 1 : null,
    }
  }

  #begin(key: string, run: JobRun): Job {
    let settle: (end: JobEnd) => void = () => {}
    const settled = new Promise<JobEnd>((resolve) => {
      settle = resolve
    })
    const job: Job = { key, run, end: null, settled, settle }
    this.jobs.set(key, job)
    const { random, agenda, trouble } = this.around
    const ends = trouble.isCalm ? 'succeeds' : this.commits.of(run.commit).job
    const slowMs = run.timeoutSeconds * 1000
    const ms = ends === 'is slow' ? random.between(slowMs / 4, slowMs * 1.2) : random.around(800)
    agenda.in(Math.min(ms, slowMs), `job ${key} ends`, () => {
      const end = { code: ends === 'fails' ? 1 : 0, signal: null }
      this.#endJob(job, ms > slowMs ? { code: null, signal: 'SIGKILL', timedOut: true } : end)
    })
    return job
  }

  #cancelJob(job: Job): void {
    const { agenda, random } = this.around
    agenda.in(random.around(300), `job ${job.key} is ended`, () =>
      this.#endJob(job, { code: null, signal: 'SIGTERM', cancelled: true }),
    )
  }

  #endJob(job: Job, end: Partial<JobEnd>): void {
    if (job.end !== null) return
    job.end = { code: null, signal: null, timedOut: false, cancelled: false, ...end }
    this.around.trace.line(`${this.around.agenda.nowMs} job ${job.key} ended ${job.end.code}`)
    this.onJobEnd(job.run, job.end)
    job.settle(job.end)
  }
}

const cancelledEnd: JobEnd = { code: null, signal: 'SIGTERM', timedOut: false, cancelled: true }
