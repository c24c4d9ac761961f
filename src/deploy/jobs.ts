import { NaruError, type Problem } from '../base/error.ts'
import type { JobEnd } from '../engine/engine.ts'
import type { Place } from '../model/environment.ts'
import type { EventKind } from '../model/event.ts'
import type { JobRunRecord, JobRunStatus } from '../model/job.ts'
import type { Release } from '../model/release.ts'
import { requireEnvironment } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import {
  beginJobRun,
  endJobRun,
  newestJobRun,
  requireJobRun,
  unfinishedJobRuns,
} from '../store/jobs.ts'
import { requireRelease } from '../store/releases.ts'
import type { Db } from '../store/store.ts'
import type { Parts } from './parts.ts'
import { servingIn } from './serving.ts'
import { bodyOf, environmentOf } from './sets.ts'

export type JobOutcome = JobEnd & { run: number }

/** How long a cancelled job may take to end. */
const cancelGraceSeconds = 10

/**
 * Runs a job of a release to success, once for all time: after that it is answered at once. One that was under way when
 * the server died is waited for, and one that the same deployment began and that has failed is not begun again: nobody
 * knows what a second run would do. `cancel` ends the run; without it the run outlives a server that closes, and this
 * rejects. Throws `job.unknown`, `artifact.missing`, `secret.unreadable`, `engine.start-failed`.
 */
export async function runJob(
  parts: Parts,
  place: Place,
  release: number,
  job: string,
  by: string,
  { cancel, deployment }: { cancel?: AbortSignal; deployment?: number } = {},
): Promise<JobOutcome> {
  const of = await requireRelease(parts.store.db, place, release)
  requireJob(of, job)
  const about = { release, job }
  const run = await parts.store.write(async (db) => {
    const known =
      (await newestJobRun(db, place, { ...about, status: 'succeeded' })) ??
      (await newestJobRun(db, place, { ...about, status: 'running' })) ??
      (deployment && (await newestJobRun(db, place, { ...about, deployment })))
    return known || begin(parts, db, place, { ...about, by, deployment: deployment ?? null })
  })
  if (run.status !== 'running') return { run: run.number, ...endOf(run) }
  return { run: run.number, ...(await carryOut(parts, of, run, cancel)) }
}

/** Why a release whose job ended so does not start; null if it succeeded. */
export function jobProblem(release: Release, job: string, end: JobOutcome): Problem | null {
  const about = { environment: release.environment, release: release.number, job, run: end.run }
  if (end.cancelled) return { code: 'job.cancelled', facts: about }
  const seconds = release.jobs[job]?.timeoutSeconds ?? 0
  if (end.timedOut) return { code: 'job.timed-out', facts: { ...about, seconds } }
  if (end.code === 0) return null
  const { code: exitCode, signal } = end
  return { code: 'job.failed', facts: { ...about, exitCode, signal } }
}

/** Jobs that people ask for, and those that a server which died has left under way. */
export interface JobDesk {
  /** Waits for the ends of runs that were under way when the server started, so that each is kept. */
  adopt(): Promise<void>
  /** Begins a job of the release that serves; `run.no-release`, `job.unknown`. Resolves when it is under way. */
  start(place: Place, job: string, by: string): Promise<JobRunRecord>
  /** Resolves when nothing is left of the run; `run.unknown`, `run.over`. */
  cancel(place: Place, run: number): Promise<JobRunRecord>
  /** Resolves when the end of the run is kept; also when `signal` fires. */
  ended(place: Place, run: number, signal: AbortSignal): Promise<JobRunRecord>
}

export function jobDesk(parts: Parts): JobDesk {
  const { store, engine, log } = parts

  /** Its end is kept whether or not anybody waits for it. */
  const background = (release: Release, run: JobRunRecord): void => {
    carryOut(parts, release, run).catch((error: unknown) =>
      log.error('a job could not be carried out', error, { app: run.app, run: run.number }),
    )
  }

  return {
    async adopt() {
      for (const run of await unfinishedJobRuns(store.db))
        background(await requireRelease(store.db, run, run.release), run)
    },

    async start(place, job, by) {
      const { app, environment } = place
      const { release } = await servingIn(store.db, await requireEnvironment(store.db, place))
      if (release === null) throw new NaruError('run.no-release', { app, environment })
      requireJob(release, job)
      await engine.prepare(release, await bodyOf(store, release))
      const run = await store.write((db) =>
        begin(parts, db, place, { release: release.number, job, by, deployment: null }),
      )
      background(release, run)
      return run
    },

    async cancel(place, number) {
      const { app, environment, status } = await requireJobRun(store.db, place, number)
      if (status !== 'running')
        throw new NaruError('run.over', { app, environment, run: number, status })
      await engine.endRuns({ app, environment, run: number }, cancelGraceSeconds)
      return this.ended(place, number, new AbortController().signal)
    },

    ended(place, number, signal) {
      return new Promise<JobRunRecord>((resolve, reject) => {
        const look = async (): Promise<void> => {
          const run = await requireJobRun(store.db, place, number)
          if (run.status !== 'running' || signal.aborted) done(() => resolve(run))
        }
        const lookNow = (): void => {
          look().catch((error: unknown) => done(() => reject(error)))
        }
        const unlisten = store.onEvent(({ app, kind }) => {
          if (app === place.app && endKinds.has(kind)) lookNow()
        })
        const done = (settle: () => void): void => {
          unlisten()
          signal.removeEventListener('abort', lookNow)
          settle()
        }
        signal.addEventListener('abort', lookNow)
        lookNow()
      })
    },
  }
}

/** After these a run that was under way is not any more. */
const endKinds: ReadonlySet<string> = new Set<EventKind>([
  'job.ended',
  'app.destroyed',
  'environment.destroyed',
])

function requireJob(release: Release, job: string): void {
  if (Object.hasOwn(release.jobs, job)) return
  const { app, environment, number, jobs } = release
  const facts = { app, environment, release: number, job, jobs: Object.keys(jobs) }
  throw new NaruError('job.unknown', facts)
}

async function begin(
  { clock }: Parts,
  db: Db,
  { app, environment }: Place,
  about: Pick<JobRunRecord, 'release' | 'job' | 'by' | 'deployment'>,
): Promise<JobRunRecord> {
  const at = clock.now().toISOString()
  const run = await beginJobRun(db, { app, environment }, { ...about, at })
  const { deployment, ...said } = about
  const data = { run: run.number, ...said, ...(deployment === null ? {} : { deployment }) }
  await appendEvent(db, at, { app, environment, kind: 'job.started', data })
  return run
}

/** Has the engine run it to its end and keeps that end. What cannot even be started has failed, and is thrown. */
async function carryOut(
  parts: Parts,
  release: Release,
  run: JobRunRecord,
  cancel?: AbortSignal,
): Promise<JobEnd> {
  const { store, engine } = parts
  const job = release.jobs[run.job]
  try {
    if (job === undefined) throw new Error(`release v${release.number} has no job ${run.job}`)
    const end = await engine.run(
      {
        place: { app: run.app, environment: run.environment },
        release: release.number,
        job: run.job,
        run: run.number,
        commit: release.commit,
        body: await bodyOf(store, release),
        command: job.command,
        environment: await environmentOf(store, release),
        timeoutSeconds: job.timeoutSeconds,
      },
      cancel,
    )
    await keepEnd(parts, run, { status: statusOf(end), ...end })
    return end
  } catch (error) {
    // Anything else may pass, as a full disk or this server's end: then the run goes on, and its end is kept later.
    if (error instanceof NaruError && !error.code.startsWith('data.'))
      await keepEnd(parts, run, { status: 'failed', code: null, signal: null })
    throw error
  }
}

type Kept = { status: Exclude<JobRunStatus, 'running'> } & Pick<JobEnd, 'code' | 'signal'>

async function keepEnd(
  { store, clock }: Parts,
  run: JobRunRecord,
  { status, code: exitCode, signal }: Kept,
): Promise<void> {
  const { app, environment, number, release, job, deployment, startedAt } = run
  const now = clock.now()
  const at = now.toISOString()
  const seconds = Math.max(0, (now.getTime() - Date.parse(startedAt)) / 1000)
  await store.write(async (db) => {
    if (!(await endJobRun(db, run, number, { status, exitCode, signal, at }))) return
    const about = { run: number, release, job, status, exitCode, signal, seconds }
    const data = { ...about, ...(deployment === null ? {} : { deployment }) }
    await appendEvent(db, at, { app, environment, kind: 'job.ended', data })
  })
}

/** Of a run that is over. */
const endOf = ({ status, exitCode, signal }: JobRunRecord): JobEnd => ({
  code: status === 'succeeded' ? 0 : exitCode,
  signal,
  timedOut: status === 'timed_out',
  cancelled: status === 'cancelled',
})

function statusOf({ code, timedOut, cancelled }: JobEnd): Kept['status'] {
  if (cancelled) return 'cancelled'
  if (timedOut) return 'timed_out'
  return code === 0 ? 'succeeded' : 'failed'
}
