import { NaruError } from '../../base/error.ts'
import type { Place } from '../../model/environment.ts'
import { jobLogInstance, jobLogService } from '../../model/job.ts'
import type { JobEnd, JobRun } from '../engine.ts'
import { pause } from '../pause.ts'
import { containerOptions } from './container.ts'
import { refusalOf } from './daemon.ts'
import { removeContainer, signalTo, untilEnded } from './ending.ts'
import { imageOf, programEnvironment } from './environment.ts'
import { exitOf } from './exit.ts'
import type { DockerJobRecord, JobRecords } from './job-record.ts'
import { label } from './labels.ts'
import { type ContainerOutput, followOutput } from './output.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** What a run's container says of it, in its labels. */
export type JobIdentity = {
  container: string
  place: Place
  run: number
  job: string
  release: number
  timeoutSeconds: number
}

const noEnd = { code: null, signal: null, timedOut: false, cancelled: false }
/** Between SIGTERM and SIGKILL when its time is over. */
const timeoutGraceSeconds = 10

/** One run of a job from its container's start to its end, over any number of servers. */
export class DockerJob {
  /** Rejects when the engine is closed, and the run goes on. */
  readonly ended: Promise<JobEnd>
  readonly #around: DockerSurroundings
  readonly #records: JobRecords
  #record: DockerJobRecord
  #killing = new AbortController()
  #killAtMs = Number.POSITIVE_INFINITY

  private constructor(
    around: DockerSurroundings,
    records: JobRecords,
    readonly identity: JobIdentity,
    record: DockerJobRecord,
    output: ContainerOutput,
  ) {
    this.#around = around
    this.#records = records
    this.#record = record
    this.ended = this.#watch(output)
    this.ended.catch(() => {}) // Whoever waits for it is told.
  }

  /** Makes its container and starts it. Throws `engine.start-failed`. */
  static async begin(
    around: DockerSurroundings,
    records: JobRecords,
    spec: JobRun,
  ): Promise<DockerJob> {
    const { place, run, job, release, timeoutSeconds } = spec
    const id = jobLogInstance(run)
    const network = await around.networks.of(place)
    await records.write({ version: 1, place, run, ending: null, end: null })
    const options = containerOptions({
      server: around.server,
      kind: 'job',
      id,
      place,
      labels: {
        [label.release]: String(release),
        [label.job]: JSON.stringify({ run, job, timeoutSeconds }),
      },
      image: imageOf(spec.body),
      command: spec.command,
      environment: {
        ...programEnvironment(spec, `job-${run}`),
        NARU_JOB: job,
        NARU_RUN: String(run),
      },
      resources: {},
      volumes: {},
      network: network.name,
      address: null,
    })
    const made = await around.daemon.call((docker) => docker.createContainer(options), 60_000)
    const identity = { container: made.id, place, run, job, release, timeoutSeconds }
    try {
      await around.daemon.call(() => made.start(), 60_000)
    } catch (error) {
      await removeContainer(around, made.id)
      await records.remove(spec)
      const facts = { instance: jobLogService(job), reason: refusalOf(error) }
      throw new NaruError('engine.start-failed', facts, { cause: error })
    }
    return DockerJob.adopt(around, records, identity)
  }

  /** Takes over a run that is under way, or has ended while nobody looked. */
  static async adopt(
    around: DockerSurroundings,
    records: JobRecords,
    identity: JobIdentity,
  ): Promise<DockerJob> {
    const { container, place, run, job, release } = identity
    const record = (await records.read(identity)) ?? {
      version: 1,
      place,
      run,
      ending: null,
      end: null,
    }
    const source = { instance: jobLogInstance(run), service: jobLogService(job), release }
    const book = await around.books.of(place)
    const output = followOutput(around.daemon, { container, source }, book, around.log)
    output.again()
    const it = new DockerJob(around, records, identity, record, output)
    if (record.ending !== null) it.#endWithin(timeoutGraceSeconds)
    return it
  }

  /** Ends it, as cancelled; the shorter grace counts. */
  cancel(graceSeconds: number): void {
    this.#end('cancelled', graceSeconds)
  }

  #end(why: 'cancelled' | 'timed-out', graceSeconds: number): void {
    const isFirst = this.#record.ending === null
    if (isFirst) this.#record = { ...this.#record, ending: why }
    this.#background(
      (isFirst ? this.#records.write(this.#record) : Promise.resolve()).then(() =>
        this.#endWithin(graceSeconds),
      ),
    )
  }

  #endWithin(graceSeconds: number): void {
    const { container } = this.identity
    this.#killAtMs = Math.min(this.#killAtMs, performance.now() + graceSeconds * 1000)
    this.#background(signalTo(this.#around, container, 'SIGTERM'))
    const kill = pause(Math.max(0, this.#killAtMs - performance.now()), this.#killing.signal).then(
      async (isTime) => {
        if (isTime) await signalTo(this.#around, container, 'SIGKILL')
      },
    )
    this.#background(kill)
  }

  async #watch(output: ContainerOutput): Promise<JobEnd> {
    const over = new AbortController()
    this.#background(this.#timeOut(over.signal))
    try {
      const state = await untilEnded(this.#around, this.identity.container)
      await output.drain()
      const { ending } = this.#record
      const { code, signal } = state === null ? noEnd : exitOf(state)
      const end = {
        code,
        signal,
        timedOut: ending === 'timed-out',
        cancelled: ending === 'cancelled',
      }
      // Its end is kept before its container goes: a server that comes between finds one of them.
      await this.#records.write({ ...this.#record, end: { ...end, at: new Date().toISOString() } })
      await removeContainer(this.#around, this.identity.container)
      return end
    } finally {
      over.abort()
      this.#killing.abort()
      await output.close()
    }
  }

  /** Counted from its start, whichever server saw that. */
  async #timeOut(over: AbortSignal): Promise<void> {
    const { container, timeoutSeconds } = this.identity
    const { State } = await this.#around.daemon.call((docker) =>
      docker.getContainer(container).inspect(),
    )
    const leftMs = Date.parse(State.StartedAt) + timeoutSeconds * 1000 - Date.now()
    const waiting = AbortSignal.any([over, this.#around.closing])
    if (await pause(Math.max(0, Math.min(leftMs, timeoutSeconds * 1000)), waiting))
      this.#end('timed-out', timeoutGraceSeconds)
  }

  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (this.#around.closing.aborted || this.#killing.signal.aborted) return
      this.#around.log.error('a job is not looked after as it should be', error, {
        job: this.identity.job,
        run: this.identity.run,
      })
    })
  }
}
