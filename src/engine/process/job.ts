import { chownSync, closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import { randomId } from '../../base/id.ts'
import { ageMs, bootId } from '../../base/processes.ts'
import { removeTree } from '../../base/tree.ts'
import type { Exit } from '../../model/instance.ts'
import { jobLogInstance, jobLogService } from '../../model/job.ts'
import type { JobEnd, JobRun } from '../engine.ts'
import type { LogBook } from '../log/log-book.ts'
import { pause } from '../pause.ts'
import { untilEmpty } from './ending.ts'
import { programEnvironment } from './environment.ts'
import { type JobRecord, jobName, writeJobRecord } from './job-record.ts'
import { exitOf, settleRun, whyNotStarted } from './launcher.ts'
import { OutputFollower } from './log-follower.ts'
import { appIdentity, makeAppFolder, makeAppPlaces, makeOwnFolder } from './places.ts'
import { outputFile, runFile } from './record.ts'
import { Run, type RunEnd } from './run.ts'
import type { InSlug } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

/** How long a job whose time is over may take to end, and what any job has left running when it ends. */
const graceSeconds = 10
/** Between two tries to keep an end. */
const againMs = 1000
/** What a timer can wait for. */
const longestMs = 2 ** 31 - 1

/** One run of a job from its start to its end, over any number of servers. */
export class ProcessJob {
  readonly #around: Surroundings
  readonly #book: LogBook
  readonly #folder: string
  readonly #ended = new Ended()
  #record: JobRecord
  #run: Run | null = null
  #output: OutputFollower | null = null
  #deadline: NodeJS.Timeout | null = null
  #killAtMs = Number.POSITIVE_INFINITY
  #isEnding = false

  private constructor(around: Surroundings, record: JobRecord, book: LogBook) {
    this.#around = around
    this.#record = record
    this.#book = book
    this.#folder = join(around.places.jobs, jobName(record))
  }

  /** Starts a run that never was. Leaves nothing behind if it throws. */
  static async begin(
    around: Surroundings,
    spec: InSlug<JobRun>,
    book: LogBook,
  ): Promise<ProcessJob> {
    const group = await around.groupOf(spec.place.app)
    const job = new ProcessJob(around, newRecord(spec, group), book)
    try {
      await job.#begin(spec)
    } catch (error) {
      await job.remove()
      if (error instanceof NaruError) throw error
      throw notStarted(spec.job, whyNotStarted(error))
    }
    return job
  }

  /** Takes over a run of a server that is gone; null if it never began, and of that nothing is left. */
  static async adopt(
    around: Surroundings,
    record: JobRecord,
    book: LogBook,
  ): Promise<ProcessJob | null> {
    const job = new ProcessJob(around, record, book)
    if (await job.#adopt()) return job
    await job.remove()
    return null
  }

  get record(): Readonly<JobRecord> {
    return this.#record
  }

  /** Resolves when nothing of it is left but its output in the log. Rejects when this server lets go of it. */
  get ended(): Promise<JobEnd> {
    return this.#ended.promise
  }

  /** Notices an end that nobody tells, and reads what was written. To be called several times a second. */
  look(): void {
    this.#output?.poll()
    if (!this.#isEnding && this.#run?.endedUntold) this.#programEnded(this.#run, untold)
  }

  /** Ends it; asked again, the shorter grace counts. */
  cancel(grace: number): void {
    this.#end('cancelled', grace)
  }

  /** Lets go of it without ending it. */
  async letGo(): Promise<void> {
    this.#clearDeadline()
    await this.#run?.letGo()
    await this.#output?.close()
    if (this.#record.end === null) this.#ended.reject(new Error('the engine was closed'))
  }

  /** Removes what is left of it on the disk; not for one that runs. */
  async remove(): Promise<void> {
    await this.#giveBack()
    await removeTree(this.#folder)
  }

  async #begin(spec: InSlug<JobRun>): Promise<void> {
    const { places, account, script } = this.#around
    const { id, group, place, job, run } = this.#record
    await makeOwnFolder(this.#folder)
    await writeJobRecord(this.#folder, this.#record)
    const at = places.app(place.app)
    const [home, temporary] = [at.home(place.environment), at.temporary(id)]
    await makeAppPlaces(at, account, group)
    for (const each of [home, temporary]) await makeAppFolder(each, account, group)
    this.#openOutput()
    const environment = {
      ...programEnvironment(spec, { id, home, temporary }),
      NARU_JOB: job,
      NARU_RUN: String(run),
    }
    const { command, folder } = spec
    const identity = appIdentity(account, group)
    const files = { outputFile: outputFile(this.#folder), runFile: this.#runFile }
    const started = Run.start(
      { script, command, folder, environment, identity, ...files },
      id,
      (which, end) => this.#programEnded(which, end),
    )
    this.#run = started
    if (started.group !== null) this.#watchTime()
  }

  async #adopt(): Promise<boolean> {
    const { boot, end, ending, id } = this.#record
    if (end !== null) {
      this.#ended.resolve(endOf(end))
      return true
    }
    const note = settleRun(this.#runFile)
    if (note.leader === null) return false
    this.#openOutput()
    if (boot !== bootId()) {
      // No process outlives a boot.
      this.#background(this.#endKept(exitOf(note, null)))
      return true
    }
    this.#run = Run.found(this.#runFile, note.leader, id)
    if (ending !== null) this.#end(ending, graceSeconds)
    else this.#watchTime()
    return true
  }

  get #runFile(): string {
    return runFile(this.#folder, 1)
  }

  #openOutput(): void {
    const { account, space, log } = this.#around
    const { group, release, job, run } = this.#record
    const file = outputFile(this.#folder)
    closeSync(openSync(file, 'a', 0o600))
    const identity = appIdentity(account, group)
    if ('uid' in identity) chownSync(file, identity.uid, identity.gid)
    const source = { instance: jobLogInstance(run), service: jobLogService(job), release }
    this.#output = new OutputFollower(file, source, this.#book, space, log)
  }

  #watchTime(): void {
    const leader = this.#run?.group?.leader
    // Not by the wall clock, which may have been set since.
    const leftMs = this.#record.timeoutSeconds * 1000 - (leader ? Math.max(0, ageMs(leader)) : 0)
    const waitMs = Math.min(Math.max(0, leftMs), longestMs)
    this.#deadline = setTimeout(() => {
      if (leftMs > longestMs) this.#watchTime()
      else this.#end('time', graceSeconds)
    }, waitMs)
  }

  #clearDeadline(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline)
    this.#deadline = null
  }

  /** Why it is ended is kept before its signal goes out: the next server would take it for an end by itself. */
  #end(why: 'time' | 'cancelled', grace: number): void {
    this.#killAtMs = Math.min(this.#killAtMs, performance.now() + grace * 1000)
    if (this.#isEnding || this.#record.end !== null) return
    this.#clearDeadline()
    this.#background(
      (async () => {
        this.#record = { ...this.#record, ending: this.#record.ending ?? why }
        await writeJobRecord(this.#folder, this.#record).catch((error) =>
          this.#complain('why a job is ended cannot be kept', error),
        )
        this.#run?.group?.signal('SIGTERM')
        await this.#untilEmpty()
      })(),
    )
  }

  #programEnded(run: Run, end: RunEnd): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#clearDeadline()
    this.#background(this.#afterEnd(run, end))
  }

  async #afterEnd(run: Run, { signal, failure }: RunEnd): Promise<void> {
    run.noteEnd()
    if (failure !== null) return this.#fail(failure)
    if (run.group !== null && !run.group.isEmpty()) {
      this.#killAtMs = Math.min(this.#killAtMs, performance.now() + graceSeconds * 1000)
      run.group.signal('SIGTERM')
      await this.#untilEmpty()
    }
    await this.#endKept(run.exit(signal))
  }

  /** Not even its launcher could be started. */
  async #fail(reason: string): Promise<void> {
    await this.remove()
    this.#ended.reject(notStarted(this.#record.job, reason))
  }

  /** Again and again, as long as the disk is full, say: a run whose end is not kept would seem to be under way. */
  async #endKept(exit: Exit): Promise<void> {
    for (;;) {
      try {
        return await this.#keepEnd(exit)
      } catch (error) {
        this.#complain('the end of a job cannot be kept', error)
        if (!(await pause(againMs, this.#around.closing))) throw error
      }
    }
  }

  /** Nobody hears of the end before what was written last can be read. */
  async #keepEnd({ code, signal, at }: Exit): Promise<void> {
    await this.#output?.drain()
    const { ending } = this.#record
    // Nobody sees how one that an earlier server began is ended by this one's last means.
    const killed = code === null && ending !== null ? 'SIGKILL' : null
    const end = {
      code,
      signal: signal ?? killed,
      timedOut: ending === 'time',
      cancelled: ending === 'cancelled',
    }
    await this.#save({ end: { ...end, at } })
    await this.#giveBack()
    this.#ended.resolve(end)
  }

  async #untilEmpty(): Promise<void> {
    const group = this.#run?.group
    if (!group) return
    const { closing, log } = this.#around
    const killAtMs = () => this.#killAtMs
    await untilEmpty(group, { instance: this.#record.id, killAtMs, closing, log })
  }

  async #giveBack(): Promise<void> {
    const { place, id, run } = this.#record
    await this.#output?.close()
    rmSync(outputFile(this.#folder), { force: true })
    await removeTree(this.#around.places.app(place.app).temporary(id))
    this.#book.forget(jobLogInstance(run))
  }

  async #save(change: Partial<JobRecord>): Promise<void> {
    const record = { ...this.#record, ...change }
    await writeJobRecord(this.#folder, record)
    this.#record = record
  }

  /** What goes wrong here is told to whoever waits for the run; its record lets the next server go on with it. */
  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!this.#around.closing.aborted) this.#complain('a job is not kept as it should be', error)
      this.#ended.reject(error)
    })
  }

  #complain(what: string, error: unknown): void {
    const { job, run } = this.#record
    this.#around.log.error(what, error, { job, run })
  }
}

/** An end that is still to come. */
class Ended {
  readonly promise: Promise<JobEnd>
  resolve: (end: JobEnd) => void = () => {}
  reject: (error: unknown) => void = () => {}

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => {}) // Whoever waits for it is told.
  }
}

const newRecord = (
  { place, release, job, run, folder, timeoutSeconds }: InSlug<JobRun>,
  group: number,
): JobRecord => ({
  version: 1,
  id: `job-${randomId()}`,
  place: { app: place.app, environment: place.environment },
  release,
  job,
  run,
  folder,
  timeoutSeconds,
  group,
  boot: bootId(),
  startedAt: new Date().toISOString(),
  ending: null,
  end: null,
})

const endOf = ({ code, signal, timedOut, cancelled }: JobEnd): JobEnd => ({
  code,
  signal,
  timedOut,
  cancelled,
})

const notStarted = (job: string, reason: string): NaruError =>
  new NaruError('engine.start-failed', { instance: jobLogService(job), reason })

const untold: RunEnd = { signal: null, failure: null }
