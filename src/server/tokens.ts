import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import { listTokens } from '../store/tokens.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures } from './path.ts'

export function tokenRoutes(api: Api, { tokens, store: { db } }: ApiParts): void {
  api.get(
    '/v1/tokens',
    {
      config: { permission: 'tokens.read' },
      schema: {
        summary: 'The tokens that open this server, by name; never one itself',
        tags: ['tokens'],
        response: { 200: z.object({ tokens: z.array(shapes.token) }), ...failures },
      },
    },
    async () => ({ tokens: await listTokens(db) }),
  )

  api.post(
    '/v1/tokens',
    {
      config: { permission: 'tokens.change' },
      schema: {
        summary: 'Makes a token, and tells it this once',
        tags: ['tokens'],
        body: shapes.newToken,
        response: { 201: shapes.madeToken, ...failures },
      },
    },
    async (request, reply) => {
      const { name, kind } = request.body
      const { token, value } = await tokens.create(name, kind, askedBy(request))
      return reply.code(201).send({ ...token, value: value.reveal() })
    },
  )

  api.delete(
    '/v1/tokens/:token',
    {
      config: { permission: 'tokens.change' },
      schema: {
        summary: 'Revokes a token, which opens nothing from then on and ends what it holds open',
        tags: ['tokens'],
        params: z.object({ token: z.string() }),
        response: { 204: z.undefined().describe('it is revoked'), ...failures },
      },
    },
    async (request, reply) => {
      await tokens.revoke(request.params.token, askedBy(request))
      return reply.code(204).send(undefined)
    },
  )
}
