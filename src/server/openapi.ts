import swagger from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { version } from '../base/version.ts'
import type { Api } from './parts.ts'

/** Serves a description of every route that is added after it, made when it is first asked for. */
export async function describeApi(api: Api): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Naru',
        version,
        description:
          'Takes a git push to a healthy release. `src/contract/README.md` has the same as one table.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  })
  api.get('/openapi.json', { config: { permission: 'open' }, schema: { hide: true } }, async () =>
    api.swagger(),
  )
}
