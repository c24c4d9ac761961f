import { z } from 'zod'
import { Secret } from '../base/secret.ts'
import * as shapes from '../contract/shapes.ts'
import { listSecrets } from '../store/secrets.ts'
import { askedBy } from './authentication.ts'
import { deploymentView } from './deployments.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'
import { checkVariables } from './variables.ts'

export function secretRoutes(api: Api, { conductor, rotateKey, store: { db } }: ApiParts): void {
  api.post(
    '/v1/server/key',
    {
      config: { permission: 'secrets.rotate' },
      schema: {
        summary: 'Seals every secret of every app with a new key, and forgets the old one',
        tags: ['secrets'],
        response: { 200: z.object({ secrets: z.number() }), ...failures },
      },
    },
    async (request) => ({ secrets: await rotateKey(askedBy(request)) }),
  )

  api.get(
    `${home}/secrets`,
    {
      config: { permission: 'secrets.list' },
      schema: {
        summary: 'Names and versions of the secrets that are set; never a value',
        tags: ['secrets'],
        params: homePath,
        response: { 200: shapes.secretsList, ...failures },
      },
    },
    async ({ params }) => {
      await requirePlace(db, params)
      return { secrets: await listSecrets(db, params) }
    },
  )

  api.patch(
    `${home}/secrets`,
    {
      config: { permission: 'secrets.change' },
      schema: {
        summary: 'Sets and unsets secrets, and deploys a release with them unless told not to',
        tags: ['secrets'],
        params: homePath,
        body: shapes.settingsChange,
        response: { 202: shapes.changed, ...failures },
      },
    },
    async (request, reply) => {
      await requirePlace(db, request.params)
      const { set, unset, deploy } = request.body
      checkVariables('secret', { set, unset })
      const change = { set: hidden(set), unset, deploy }
      const deployment = await conductor.changeSecrets(request.params, change, askedBy(request))
      return reply
        .code(202)
        .send({ deployment: deployment && (await deploymentView(deployment, conductor)) })
    },
  )
}

const hidden = (values: Record<string, string>): Record<string, Secret> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]))
