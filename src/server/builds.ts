import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import type { Build } from '../model/build.ts'
import { checkedLabel } from '../model/name.ts'
import { requireApp } from '../store/apps.ts'
import { listBuilds, requireBuild, waitingBuilds } from '../store/builds.ts'
import { requireEnvironment } from '../store/environments.ts'
import { askedBy } from './authentication.ts'
import { wordsFor } from './failure.ts'
import type { Api, ApiParts } from './parts.ts'
import { appNumberPath, appPath, failures, flag, listQuery } from './path.ts'
import { afterQuery, type Message, resumeAfter, type Streams, streamOf } from './stream.ts'

export function buildRoutes(
  api: Api,
  { store: { db }, buildLog, conductor, words: own }: ApiParts,
  streams: Streams,
): void {
  api.get(
    '/v1/apps/:app/builds',
    {
      config: { permission: 'builds.read' },
      schema: {
        summary: "The app's builds, or those of one environment, newest first",
        tags: ['builds'],
        params: appPath,
        querystring: listQuery.extend({ environment: z.string().optional() }),
        response: { 200: z.object({ builds: z.array(shapes.build) }), ...failures },
      },
    },
    async ({ params: { app }, query: { limit, environment } }) => {
      await requireApp(db, app)
      if (environment !== undefined) {
        await requireEnvironment(db, { app, environment: checkedLabel('environment', environment) })
      }
      const waiting = await waitingBuilds(db)
      const builds = await listBuilds(db, app, limit, environment)
      return { builds: builds.map((build) => buildView(build, waiting)) }
    },
  )

  api.get(
    '/v1/apps/:app/builds/:number',
    {
      config: { permission: 'builds.read' },
      schema: {
        summary: 'One build',
        tags: ['builds'],
        params: appNumberPath,
        response: { 200: shapes.build, ...failures },
      },
    },
    async ({ params }) => find(params),
  )

  api.get(
    '/v1/apps/:app/builds/:number/log',
    {
      config: { permission: 'logs.read' },
      schema: {
        summary: 'What a build said: `line` messages, then `end` with the build',
        tags: ['builds'],
        params: appNumberPath,
        querystring: z.strictObject({ follow: flag, ...afterQuery }),
        response: {
          ...streamOf({ line: shapes.buildLine, end: shapes.build }),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { app, number } = request.params
      const { follow } = request.query
      const after = resumeAfter(request, request.query.after) ?? 0
      await find(request.params)
      const words = wordsFor(request, own)
      await streams.send(request, reply, async function* (signal): AsyncGenerator<Message> {
        let id = 0
        for await (const line of buildLog(app, number, { follow }, signal)) {
          id += 1
          const text = typeof line === 'string' ? line : words.buildNote(line)
          if (id > after) yield { id, event: 'line', data: { text } }
        }
        // A log that was cut short, since the server ends, has not ended.
        if (!signal.aborted) yield { id, event: 'end', data: await find(request.params) }
      })
    },
  )

  api.post(
    '/v1/apps/:app/builds/:number/cancel',
    {
      config: { permission: 'builds.cancel' },
      schema: {
        summary: 'Ends a build that waits or runs',
        tags: ['builds'],
        params: appNumberPath,
        response: { 202: shapes.build, ...failures },
      },
    },
    async (request, reply) => {
      const { app, number } = request.params
      await find(request.params)
      await conductor.cancelBuild(app, number, askedBy(request))
      return reply.code(202).send(await find(request.params))
    },
  )

  async function find({ app, number }: { app: string; number: number }): Promise<shapes.BuildView> {
    await requireApp(db, app)
    return buildView(await requireBuild(db, app, number), await waitingBuilds(db))
  }
}

/** `waiting` are all builds that wait, of all apps, in the order in which their turn comes. */
export function buildView(build: Build, waiting: readonly Build[]): shapes.BuildView {
  const at = waiting.findIndex(({ app, number }) => app === build.app && number === build.number)
  return { ...build, ahead: at < 0 ? null : at }
}
