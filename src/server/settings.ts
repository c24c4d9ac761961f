import * as shapes from '../contract/shapes.ts'
import { listSettings } from '../store/settings.ts'
import { askedBy } from './authentication.ts'
import { deploymentView } from './deployments.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'
import { checkVariables } from './variables.ts'

export function settingRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  api.get(
    `${home}/settings`,
    {
      config: { permission: 'settings.read' },
      schema: {
        summary: 'What was set by command; what `naru.yaml` says is in the releases',
        tags: ['settings'],
        params: homePath,
        response: { 200: shapes.settingsList, ...failures },
      },
    },
    async ({ params }) => {
      await requirePlace(db, params)
      return { settings: await listSettings(db, params) }
    },
  )

  api.patch(
    `${home}/settings`,
    {
      config: { permission: 'settings.change' },
      schema: {
        summary: 'Sets and unsets settings, and deploys a release with them unless told not to',
        tags: ['settings'],
        params: homePath,
        body: shapes.settingsChange,
        response: { 202: shapes.changed, ...failures },
      },
    },
    async (request, reply) => {
      await requirePlace(db, request.params)
      checkVariables('setting', request.body)
      const deployment = await conductor.changeSettings(
        request.params,
        request.body,
        askedBy(request),
      )
      return reply
        .code(202)
        .send({ deployment: deployment && (await deploymentView(deployment, conductor)) })
    },
  )
}
