import { z } from 'zod'
import * as shapes from '../contract/engine-shapes.ts'
import { listEnvironments } from '../store/environments.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'

export function engineRoutes(
  api: Api,
  { conductor, engines, info, store: { db } }: ApiParts,
): void {
  const view = async () => {
    const { engine: choice } = await info()
    const environments = (await listEnvironments(db)).flatMap(({ app, environment, engine }) =>
      engine === null ? [] : [{ app, environment, engine }],
    )
    return { choice, engines: await engines(), environments }
  }

  api.get(
    '/v1/engines',
    {
      config: { permission: 'server.read' },
      schema: {
        summary: 'What can run apps here, how each of it is, and what is built for',
        tags: ['server'],
        response: { 200: shapes.engines, ...failures },
      },
    },
    view,
  )

  api.put(
    '/v1/engine',
    {
      config: { permission: 'server.change' },
      schema: {
        summary: 'What pushes are built for from now on where an environment says nothing',
        tags: ['server'],
        body: z.strictObject({ engine: shapes.engineName }),
        response: { 200: shapes.engines, ...failures },
      },
    },
    async (request) => {
      await conductor.chooseServerEngine(request.body.engine, askedBy(request))
      return view()
    },
  )

  api.put(
    `${home}/engine`,
    {
      config: { permission: 'environments.change' },
      schema: {
        summary:
          'What pushes to the environment are built for from now on; null: what the server builds for',
        tags: ['environments'],
        params: homePath,
        body: z.strictObject({ engine: shapes.engineName.nullable() }),
        response: { 200: shapes.engines, ...failures },
      },
    },
    async (request) => {
      const place = await requirePlace(db, request.params)
      await conductor.chooseEngine(place, request.body.engine, askedBy(request))
      return view()
    },
  )
}
