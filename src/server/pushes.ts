import * as shapes from '../contract/shapes.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'

export function pushRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  api.post(
    `${home}/pushes`,
    {
      config: { permission: 'code.push' },
      schema: {
        summary: "Takes in a commit that the app's repository has, and queues a build of it",
        tags: ['builds'],
        params: homePath,
        body: shapes.newPush,
        response: { 202: shapes.build, ...failures },
      },
    },
    async (request, reply) => {
      await requirePlace(db, request.params)
      const push = { ...request.body, by: askedBy(request) }
      return reply.code(202).send(await conductor.push(request.params, push))
    },
  )
}
