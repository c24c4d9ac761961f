import type { Command } from 'commander'
import { errorOf, type Problem } from '../../base/error.ts'
import type { ApiClient } from '../../contract/client.ts'
import type { JobRunView, LogLineView } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import type { Place } from '../../model/environment.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define, defineGroup } from '../define.ts'
import { readRun } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { printableLog } from '../terminal.ts'
import { ago, secondsBetween } from '../when.ts'

export function addJobs(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.jobs
  const definition = {
    usage: 'jobs',
    summary: say.summary,
    examples: ['naru jobs', 'naru jobs run report', 'naru jobs show 3'],
  }
  const jobs = defineGroup(naru, definition, async (_options, command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const runs = await apiOf(session, asked).jobRuns(place)
    if (asked.json) return out(JSON.stringify({ runs }))
    if (runs.length === 0) return out(say.none(place.app, place.environment))
    out(
      columns(
        say.head,
        runs.map((run) => rowOf(run, words)),
      ),
    )
  })
  addRunJob(jobs, session)
  addShow(jobs, session)
  addCancel(jobs, session)
}

function addRunJob(jobs: Command, session: Session): void {
  const say = session.words.commands.jobs.run
  define(jobs, { usage: 'run <job>', summary: say.summary, examples: ['naru jobs run report'] })
    .option('--detach', say.detach)
    .action(async (job: string, { detach = false }: { detach?: boolean }, command: Command) => {
      const asked = shared(command, session)
      const { out, err } = session.terminal
      const place = await placeOf(session, asked)
      const api = apiOf(session, asked)
      const run = await api.runJob(place, job)
      if (detach) return out(asked.json ? JSON.stringify({ run }) : say.begun(run.number))
      if (!asked.json) err(say.line({ job, release: run.release, run: run.number }))
      const { ended, log } = await follow(api, place, run, (line) => {
        if (!asked.json) out(printableLog(line.text))
      })
      if (asked.json) out(JSON.stringify({ run: ended, log }))
      const problem = problemOf(ended)
      if (problem !== null) throw errorOf(problem)
      if (!asked.json) err(say.done(job, session.words.time.duration(secondsOf(ended))))
    })
}

function addShow(jobs: Command, session: Session): void {
  const { words } = session
  const say = words.commands.jobs.show
  define(jobs, { usage: 'show <run>', summary: say.summary, examples: ['naru jobs show 3'] })
    .option('-f, --follow', say.follow)
    .action(
      async (text: string, { follow: on = false }: { follow?: boolean }, command: Command) => {
        const asked = shared(command, session)
        const { out } = session.terminal
        const number = readRun(text)
        const place = await placeOf(session, asked)
        const api = apiOf(session, asked)
        const run = await api.jobRun(place, number)
        if (!asked.json) out(`${sayRun(run, words)}\n`)
        const { ended, log } = await follow(
          api,
          place,
          run,
          (line) => {
            if (!asked.json) out(printableLog(line.text))
          },
          on,
        )
        if (asked.json) return out(JSON.stringify({ run: ended, log }))
        if (ended.status !== run.status) out(`\n${sayRun(ended, words)}`)
      },
    )
}

function addCancel(jobs: Command, session: Session): void {
  const say = session.words.commands.jobs.cancel
  define(jobs, {
    usage: 'cancel <run>',
    summary: say.summary,
    examples: ['naru jobs cancel 3'],
  }).action(async (text: string, _options: unknown, command: Command) => {
    const asked = shared(command, session)
    const place = await placeOf(session, asked)
    const run = await apiOf(session, asked).cancelJobRun(place, readRun(text))
    session.terminal.out(asked.json ? JSON.stringify({ run }) : say.done(run.number))
  })
}

async function follow(
  api: ApiClient,
  place: Place,
  run: JobRunView,
  each: (line: LogLineView) => void,
  on = true,
): Promise<{ ended: JobRunView; log: string[] }> {
  let ended = run
  const log: string[] = []
  for await (const message of api.jobLog(place, run.number, { follow: on })) {
    if (message.kind === 'end') ended = message.run
    else {
      log.push(message.line.text)
      each(message.line)
    }
  }
  return { ended, log }
}

function rowOf(run: JobRunView, words: Words): string[] {
  return [
    String(run.number),
    run.job,
    releaseName(run.release),
    words.states.word(run.status),
    run.by,
    ago(run.startedAt, words),
    run.endedAt === null ? '-' : words.time.duration(secondsOf(run)),
    endOf(run, words),
  ]
}

/** "0", "SIGTERM"; nothing where nobody saw it. */
function endOf({ status, exitCode, signal }: JobRunView, words: Words): string {
  if (status === 'running' || (exitCode === null && signal === null)) return '-'
  return words.states.exit({ code: exitCode, signal })
}

function sayRun(run: JobRunView, words: Words): string {
  return words.commands.jobs.show.line({
    run: run.number,
    job: run.job,
    release: run.release,
    status: words.states.word(run.status),
    by: run.by,
    took: run.endedAt === null ? null : words.time.duration(secondsOf(run)),
    exit: run.status === 'succeeded' ? '-' : endOf(run, words),
  })
}

const secondsOf = ({ startedAt, endedAt }: JobRunView): number =>
  endedAt === null ? 0 : secondsBetween(startedAt, endedAt)

/** Why a run that has ended did not succeed, for a person and as an exit code. */
function problemOf({
  environment,
  number: run,
  release,
  job,
  status,
  exitCode,
  signal,
}: JobRunView): Problem | null {
  const about = { environment, release, job, run }
  switch (status) {
    case 'failed':
      return { code: 'job.failed', facts: { ...about, exitCode, signal } }
    case 'timed_out':
      return { code: 'job.timed-out', facts: { ...about, seconds: null } }
    case 'cancelled':
      return { code: 'job.cancelled', facts: about }
    default:
      return null
  }
}
