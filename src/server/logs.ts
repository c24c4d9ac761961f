import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import type { LogFilter } from '../engine/engine.ts'
import { jobLogService } from '../model/job.ts'
import { checkedLabel } from '../model/name.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, flag, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'
import { afterQuery, type Message, resumeAfter, type Streams, streamOf } from './stream.ts'

export function logRoutes(api: Api, { engine, store: { db } }: ApiParts, streams: Streams): void {
  api.get(
    `${home}/logs`,
    {
      config: { permission: 'logs.read' },
      schema: {
        summary: 'What the instances wrote, oldest first; with `follow` for ever',
        tags: ['logs'],
        params: homePath,
        querystring: logQuery,
        response: {
          ...streamOf({ line: shapes.logLine }),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const after = resumeAfter(request, request.query.after)
      await requirePlace(db, request.params)
      const filter = { ...request.params, ...filterOf(request.query, after) }
      await streams.send(request, reply, async function* (signal): AsyncGenerator<Message> {
        for await (const line of engine.logs(filter, signal)) {
          yield { id: line.position, event: 'line', data: line }
        }
      })
    },
  )
}

const logQuery = z.strictObject({
  follow: flag,
  service: z.string().optional(),
  release: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'expected the number of a release')
    .transform(Number)
    .optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  tail: z
    .string()
    .regex(/^\d{1,6}$/, 'expected a number up to 999999')
    .transform(Number)
    .optional(),
  ...afterQuery,
})

/** The name of a service, or "job/" and that of a job. */
const checkedService = (name: string): string =>
  name.startsWith('job/')
    ? jobLogService(checkedLabel('job', name.slice('job/'.length)))
    : checkedLabel('service', name)

/** `tail` picks where reading begins, so that it means nothing to a reader who goes on. */
function filterOf(
  { follow, service, release, since, tail }: z.output<typeof logQuery>,
  after: number | undefined,
): Omit<LogFilter, 'app' | 'environment'> {
  return {
    follow,
    ...(service === undefined ? {} : { service: checkedService(service) }),
    ...(release === undefined ? {} : { release }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(after !== undefined ? { after } : tail === undefined ? {} : { tail }),
  }
}
