import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import type { JobRunRecord } from '../model/job.ts'
import { jobLogInstance, jobLogService } from '../model/job.ts'
import { listJobRuns, requireJobRun } from '../store/jobs.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, flag, home, homeNumberPath, homePath, listQuery } from './path.ts'
import { requirePlace } from './place.ts'
import { afterQuery, type Message, resumeAfter, type Streams, streamOf } from './stream.ts'

export function jobRoutes(
  api: Api,
  { jobs, engine, store: { db } }: ApiParts,
  streams: Streams,
): void {
  api.get(
    `${home}/jobs`,
    {
      config: { permission: 'jobs.read' },
      schema: {
        summary: 'The runs of jobs, newest first',
        tags: ['jobs'],
        params: homePath,
        querystring: listQuery,
        response: { 200: z.object({ runs: z.array(shapes.jobRun) }), ...failures },
      },
    },
    async ({ params, query: { limit } }) => {
      await requirePlace(db, params)
      return { runs: await listJobRuns(db, params, limit) }
    },
  )

  api.post(
    `${home}/jobs`,
    {
      config: { permission: 'jobs.run' },
      schema: {
        summary: 'Runs a job of the release that serves',
        tags: ['jobs'],
        params: homePath,
        body: shapes.newJobRun,
        response: { 202: shapes.jobRun, ...failures },
      },
    },
    async (request, reply) => {
      await requirePlace(db, request.params)
      const run = await jobs.start(request.params, request.body.job, askedBy(request))
      return reply.code(202).send(run)
    },
  )

  api.get(
    `${home}/jobs/:number`,
    {
      config: { permission: 'jobs.read' },
      schema: {
        summary: 'One run of a job',
        tags: ['jobs'],
        params: homeNumberPath,
        response: { 200: shapes.jobRun, ...failures },
      },
    },
    async ({ params }) => find(params),
  )

  api.post(
    `${home}/jobs/:number/cancel`,
    {
      config: { permission: 'jobs.run' },
      schema: {
        summary: 'Ends a run; answers when nothing is left of it',
        tags: ['jobs'],
        params: homeNumberPath,
        response: { 200: shapes.jobRun, ...failures },
      },
    },
    async ({ params }) => {
      await find(params)
      return jobs.cancel(params, params.number)
    },
  )

  api.get(
    `${home}/jobs/:number/log`,
    {
      config: { permission: 'logs.read' },
      schema: {
        summary:
          'What a run wrote: `line` messages, then `end` with the run; with `follow` when it has ended',
        tags: ['jobs'],
        params: homeNumberPath,
        querystring: z.strictObject({ follow: flag, ...afterQuery }),
        response: { ...streamOf({ line: shapes.logLine, end: shapes.jobRun }), ...failures },
      },
    },
    async (request, reply) => {
      const run = await find(request.params)
      const after = resumeAfter(request, request.query.after)
      const follow = request.query.follow && run.status === 'running'
      await streams.send(request, reply, (signal) => logOf(run, { after, follow }, signal))
    },
  )

  async function* logOf(
    run: JobRunRecord,
    { after, follow }: { after: number | undefined; follow: boolean },
    signal: AbortSignal,
  ): AsyncGenerator<Message> {
    const of = {
      app: run.app,
      environment: run.environment,
      service: jobLogService(run.job),
      instance: jobLogInstance(run.number),
    }
    let last = after ?? 0
    const over = new AbortController()
    const stop = () => over.abort()
    signal.addEventListener('abort', stop)
    // All its lines are in the log before its end is kept.
    if (follow) void jobs.ended(run, run.number, signal).then(stop, stop)
    try {
      for (const how of follow ? [{ follow: true }, {}] : [{}]) {
        const filter = { ...of, ...how, after: last }
        for await (const line of engine.logs(filter, how.follow ? over.signal : signal)) {
          last = line.position
          yield { id: last, event: 'line', data: line }
        }
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
    if (!signal.aborted) yield { id: last, event: 'end', data: await find(run) }
  }

  async function find(of: { app: string; environment: string; number: number }) {
    await requirePlace(db, of)
    return requireJobRun(db, of, of.number)
  }
}
