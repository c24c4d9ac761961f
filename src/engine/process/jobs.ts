import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import { removeTree } from '../../base/tree.ts'
import type { Place } from '../../model/environment.ts'
import type { InstanceId } from '../../model/instance.ts'
import { jobLogInstance } from '../../model/job.ts'
import type { JobEnd, JobRun, RunFilter } from '../engine.ts'
import type { LogBooks } from '../log/log-books.ts'
import type { InUse } from './collect.ts'
import { ProcessJob } from './job.ts'
import { jobName, readJobRecord } from './job-record.ts'
import type { InSlug } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

/** How long the end of a run stays known here; whoever keeps it for good has asked long before. */
const keptMs = 24 * 60 * 60_000
/** What a job that its asker no longer wants gets to end. */
const cancelGraceSeconds = 10

/** All runs of jobs: those under way, and the ends of the latest. */
export class Jobs {
  readonly #surroundings: () => Surroundings
  readonly #books: LogBooks
  readonly #jobs = new Map<string, Promise<ProcessJob>>()
  readonly #begun = new Map<string, ProcessJob>()

  constructor(surroundings: () => Surroundings, books: LogBooks) {
    this.#surroundings = surroundings
    this.#books = books
  }

  async adopt(): Promise<void> {
    const { jobs } = this.#surroundings().places
    for (const name of await readdir(jobs)) {
      const record = readJobRecord(join(jobs, name))
      const job =
        record === null
          ? null
          : await ProcessJob.adopt(this.#surroundings(), record, await this.#books.of(record.place))
      if (job === null) await removeTree(join(jobs, name))
      else this.#keep(name, job)
    }
  }

  /** Waits for a run, begun here or found, or begins it. */
  async run(spec: InSlug<JobRun>, cancel?: AbortSignal): Promise<JobEnd> {
    const name = jobName(spec)
    const known = this.#jobs.get(name)
    if (known === undefined && cancel?.aborted) return neverBegun
    const job = await (known ?? this.#begin(name, spec))
    const end = () => job.cancel(cancelGraceSeconds)
    if (cancel?.aborted) end()
    cancel?.addEventListener('abort', end, { once: true })
    try {
      return await job.ended
    } finally {
      cancel?.removeEventListener('abort', end)
    }
  }

  async end(filter: RunFilter, graceSeconds: number): Promise<void> {
    const ending = this.#underWay().filter(
      ({ record: { place, run } }) =>
        (filter.app === undefined || place.app === filter.app) &&
        (filter.environment === undefined || place.environment === filter.environment) &&
        (filter.run === undefined || run === filter.run),
    )
    for (const job of ending) job.cancel(graceSeconds)
    await Promise.all(ending.map((job) => job.ended))
  }

  look(): void {
    for (const job of this.#begun.values()) job.look()
  }

  /** Whose output is still being read. */
  logged(): InstanceId[] {
    return this.#underWay().map(({ record: { run } }) => jobLogInstance(run))
  }

  inUse(): InUse {
    const records = this.#underWay().map(({ record }) => record)
    return {
      apps: new Set(records.map(({ place }) => place.app)),
      folders: new Set(records.map(({ folder }) => folder)),
    }
  }

  /** Forgets ends that are old, and those of apps that are no more. */
  async collect(isKept: (app: string) => boolean): Promise<void> {
    for (const [name, job] of this.#begun) {
      const { end, place } = job.record
      if (end === null) continue
      if (isKept(place.app) && Date.now() - Date.parse(end.at) < keptMs) continue
      this.#begun.delete(name)
      this.#jobs.delete(name)
      await job.remove()
    }
  }

  /** Forgets how runs ended: numbers begin anew where they were. */
  async forget(of: { app: string; environment?: string }): Promise<void> {
    for (const [name, job] of this.#begun) {
      const { end, place } = job.record
      if (end === null || !isOf(place, of)) continue
      this.#begun.delete(name)
      this.#jobs.delete(name)
      await job.remove()
    }
  }

  /** Lets every run go on without this server. */
  async letGo(): Promise<void> {
    await Promise.allSettled(this.#jobs.values())
    await Promise.all([...this.#begun.values()].map((job) => job.letGo()))
  }

  #underWay(): ProcessJob[] {
    return [...this.#begun.values()].filter(({ record }) => record.end === null)
  }

  #begin(name: string, spec: InSlug<JobRun>): Promise<ProcessJob> {
    const beginning = this.#books.of(spec.place).then(async (book) => {
      if (this.#surroundings().closing.aborted) throw new Error('the engine was closed')
      const job = await ProcessJob.begin(this.#surroundings(), spec, book)
      this.#keep(name, job)
      return job
    })
    this.#jobs.set(name, beginning)
    beginning.catch(() => this.#jobs.delete(name)) // Whoever asked for it is told.
    return beginning
  }

  #keep(name: string, job: ProcessJob): void {
    this.#jobs.set(name, Promise.resolve(job))
    this.#begun.set(name, job)
    // One that could not be started never was; of any other the record stays.
    job.ended.catch((error: unknown) => {
      if (!(error instanceof NaruError)) return
      this.#begun.delete(name)
      this.#jobs.delete(name)
    })
  }
}

const neverBegun: JobEnd = { code: null, signal: null, timedOut: false, cancelled: true }

const isOf = (place: Place, of: { app: string; environment?: string }): boolean =>
  place.app === of.app && (of.environment === undefined || place.environment === of.environment)
