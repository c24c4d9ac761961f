import { z } from 'zod'
import { NaruError } from '../base/error.ts'
import { Secret } from '../base/secret.ts'
import * as shapes from '../contract/shapes.ts'
import { isRegistryHost, registryNamed } from '../model/registry.ts'
import { listRegistries } from '../store/registries.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures } from './path.ts'

export function registryRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  api.get(
    '/v1/registries',
    {
      config: { permission: 'registries.read' },
      schema: {
        summary: 'Who Naru is at registries of images; never a password',
        tags: ['registries'],
        response: { 200: z.object({ registries: z.array(shapes.registry) }), ...failures },
      },
    },
    async () => ({ registries: await listRegistries(db) }),
  )

  api.put(
    '/v1/registries/:host',
    {
      config: { permission: 'registries.change' },
      schema: {
        summary: 'Who Naru is at a registry from now on',
        tags: ['registries'],
        params: z.object({ host: z.string() }),
        body: shapes.newRegistry,
        response: { 204: z.undefined().describe('it is kept'), ...failures },
      },
    },
    async (request, reply) => {
      const { user, password } = request.body
      const host = hostOf(request.params.host)
      await conductor.logInAt({ host, user, password: new Secret(password) }, askedBy(request))
      return reply.code(204).send(undefined)
    },
  )

  api.delete(
    '/v1/registries/:host',
    {
      config: { permission: 'registries.change' },
      schema: {
        summary: 'Forgets who Naru is at a registry',
        tags: ['registries'],
        params: z.object({ host: z.string() }),
        response: { 204: z.undefined().describe('it is forgotten'), ...failures },
      },
    },
    async (request, reply) => {
      await conductor.logOutAt(hostOf(request.params.host), askedBy(request))
      return reply.code(204).send(undefined)
    },
  )
}

function hostOf(text: string): string {
  const host = registryNamed(text)
  if (!isRegistryHost(host)) throw new NaruError('argument.invalid', { kind: 'registry', text })
  return host
}
