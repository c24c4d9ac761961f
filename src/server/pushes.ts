import * as shapes from '../contract/shapes.ts'
import { requireApp } from '../store/apps.ts'
import { waitingBuilds } from '../store/builds.ts'
import { askedBy } from './authentication.ts'
import { buildView } from './builds.ts'
import type { Api, ApiParts } from './parts.ts'
import { appPath, failures } from './path.ts'

export function pushRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  api.post(
    '/v1/apps/:app/pushes',
    {
      config: { permission: 'code.push' },
      schema: {
        summary:
          "Takes in a commit that the app's repository has, for the environment that deploys the branch, and queues a build of it",
        tags: ['builds'],
        params: appPath,
        body: shapes.newPush,
        response: { 202: shapes.build, ...failures },
      },
    },
    async (request, reply) => {
      const { name } = await requireApp(db, request.params.app)
      const build = await conductor.receive(name, { ...request.body, by: askedBy(request) })
      return reply.code(202).send(buildView(build, await waitingBuilds(db)))
    },
  )
}
