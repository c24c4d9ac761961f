import * as shapes from '../contract/shapes.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'

export function scaleRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  api.get(
    `${home}/scale`,
    {
      config: { permission: 'instances.read' },
      schema: {
        summary: 'How many instances each service has to have, and who says so',
        tags: ['instances'],
        params: homePath,
        response: { 200: shapes.scale, ...failures },
      },
    },
    async ({ params }) => {
      await requirePlace(db, params)
      return { services: await conductor.scale(params) }
    },
  )

  api.patch(
    `${home}/scale`,
    {
      config: { permission: 'instances.scale' },
      schema: {
        summary: 'Sets how many instances services have, whatever their releases say',
        tags: ['instances'],
        params: homePath,
        body: shapes.scaleChange,
        response: { 202: shapes.scale, ...failures },
      },
    },
    async (request, reply) => {
      const place = request.params
      const { set, unset, confirm } = request.body
      await requirePlace(db, place)
      const change = { set, unset, confirmed: confirm === place.app }
      await conductor.changeScale(place, change, askedBy(request))
      return reply.code(202).send({ services: await conductor.scale(place) })
    },
  )
}
