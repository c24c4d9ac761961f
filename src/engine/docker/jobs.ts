import { NaruError } from '../../base/error.ts'
import type { InstanceId } from '../../model/instance.ts'
import { jobLogInstance } from '../../model/job.ts'
import type { JobEnd, JobRun, RunFilter } from '../engine.ts'
import { removeContainer } from './ending.ts'
import { DockerJob, type JobIdentity } from './job.ts'
import { JobRecords, jobName } from './job-record.ts'
import { filterOf, type Labels, label } from './labels.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** How long the end of a run stays known here; whoever keeps it for good has asked long before. */
const keptMs = 24 * 60 * 60_000
/** What a job that its asker no longer wants gets to end. */
const cancelGraceSeconds = 10

/** All runs of jobs: those under way are containers, of the others the ends are kept. */
export class Jobs {
  readonly #around: DockerSurroundings
  readonly #records: JobRecords
  readonly #running = new Map<string, Promise<DockerJob>>()
  /** Those that the server before has left running. */
  readonly #adopted: JobIdentity[] = []

  constructor(around: DockerSurroundings, folder: string) {
    this.#around = around
    this.#records = new JobRecords(folder)
  }

  /** Takes over what the server before has left running. Safe to repeat. */
  async adopt(): Promise<void> {
    const { daemon, server } = this.#around
    const found = await daemon.call((docker, abortSignal) =>
      docker.listContainers({
        all: true,
        filters: filterOf(server, { [label.kind]: 'job' }),
        abortSignal,
      }),
    )
    for (const { Id, Labels } of found) {
      const identity = identityOf(Id, Labels)
      if (identity === null || this.#running.has(jobName(identity))) continue
      const record = await this.#records.read(identity)
      // Its end was kept, and the server died before it removed the container.
      if (record !== null && record.end !== null) await removeContainer(this.#around, Id)
      else {
        this.#adopted.push(identity)
        this.#keep(jobName(identity), DockerJob.adopt(this.#around, this.#records, identity))
      }
    }
  }

  /** Waits for a run, begun here or found, or begins it. */
  async run(spec: JobRun, cancel?: AbortSignal): Promise<JobEnd> {
    const name = jobName(spec)
    const kept = this.#running.has(name) ? null : await this.#records.read(spec)
    if (kept !== null && kept.end !== null) return endOf(kept.end)
    if (!this.#running.has(name)) {
      if (cancel?.aborted) return neverBegun
      this.#keep(name, DockerJob.begin(this.#around, this.#records, spec))
    }
    const job = await this.#running.get(name)
    if (job === undefined) return neverBegun // It has ended meanwhile, and is known no more.
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
    const running = (await Promise.allSettled(this.#running.values())).flatMap((it) =>
      it.status === 'fulfilled' ? [it.value] : [],
    )
    const ending = running.filter(
      ({ identity: { place, run } }) =>
        (filter.app === undefined || place.app === filter.app) &&
        (filter.environment === undefined || place.environment === filter.environment) &&
        (filter.run === undefined || run === filter.run),
    )
    for (const job of ending) job.cancel(graceSeconds)
    await Promise.all(ending.map((job) => job.ended))
  }

  /** Whose output is still being read. */
  logged(): InstanceId[] {
    return this.#adopted.map(({ run }) => jobLogInstance(run))
  }

  /** Forgets ends that are old, and those of apps that are no more. */
  async collect(isKept: (app: string) => boolean): Promise<void> {
    for (const record of await this.#records.all()) {
      const { end, place } = record
      if (end === null || this.#running.has(jobName(record))) continue
      if (isKept(place.app) && Date.now() - Date.parse(end.at) < keptMs) continue
      await this.#records.remove(record)
    }
  }

  /** Forgets how runs ended: numbers begin anew where they were. */
  async forget(of: { app: string; environment?: string }): Promise<void> {
    for (const record of await this.#records.all()) {
      const { app, environment } = record.place
      if (app !== of.app || (of.environment !== undefined && environment !== of.environment))
        continue
      if (record.end !== null) await this.#records.remove(record)
    }
  }

  /** Lets every run go on without this server. */
  async letGo(): Promise<void> {
    const jobs = await Promise.allSettled(this.#running.values())
    await Promise.allSettled(jobs.map((it) => (it.status === 'fulfilled' ? it.value.ended : null)))
  }

  #keep(name: string, beginning: Promise<DockerJob>): void {
    this.#running.set(name, beginning)
    const over = () => this.#running.delete(name)
    beginning
      .then((job) => job.ended)
      .then(over, (error: unknown) => {
        over() // Whoever asked for it is told.
        if (!(error instanceof NaruError) && !this.#around.closing.aborted)
          this.#around.log.error('a job broke', error, { job: name })
      })
  }
}

const neverBegun: JobEnd = { code: null, signal: null, timedOut: false, cancelled: true }

const endOf = ({ code, signal, timedOut, cancelled }: JobEnd): JobEnd => ({
  code,
  signal,
  timedOut,
  cancelled,
})

/** Null for what somebody else has labelled so. */
function identityOf(container: string, labels: Labels): JobIdentity | null {
  const [app, environment] = [labels[label.app], labels[label.environment]]
  const release = Number(labels[label.release])
  try {
    const kept = JSON.parse(labels[label.job] ?? '') as Pick<
      JobIdentity,
      'run' | 'job' | 'timeoutSeconds'
    >
    if (app === undefined || environment === undefined) return null
    return { container, place: { app, environment }, release, ...kept }
  } catch {
    return null // Somebody else wrote it.
  }
}
