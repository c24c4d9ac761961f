import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures } from './path.ts'

export function serverRoutes(api: Api, { info, bounds, stop }: ApiParts): void {
  api.get(
    '/v1/health',
    {
      config: { permission: 'open' },
      schema: {
        summary: 'Whether the server answers',
        tags: ['server'],
        security: [],
        response: { 200: z.object({ ok: z.literal(true) }), ...failures },
      },
    },
    async () => ({ ok: true as const }),
  )

  api.get(
    '/v1/server',
    {
      config: { permission: 'server.read' },
      schema: {
        summary: 'Where this server listens and what it is',
        tags: ['server'],
        response: { 200: shapes.serverInfo, ...failures },
      },
    },
    async () => info(),
  )

  api.get(
    '/v1/server/bounds',
    {
      config: { permission: 'server.read' },
      schema: {
        summary: 'What grows on this server, how much there is of it, and how much there may be',
        tags: ['server'],
        response: { 200: z.object({ bounds: z.array(shapes.bound) }), ...failures },
      },
    },
    async () => ({ bounds: await bounds() }),
  )

  api.post(
    '/v1/server/stop',
    {
      config: { permission: 'server.stop' },
      schema: {
        summary: 'Ends the server; router and apps too unless they are kept',
        tags: ['server'],
        body: shapes.stopRequest,
        response: { 202: z.undefined().describe('it ends'), ...failures },
      },
    },
    async ({ body }, reply) => {
      // The answer first: once it is out, or nobody is there to take it, the server ends.
      reply.raw.once('close', () => stop(body))
      return reply.code(202).header('connection', 'close').send(undefined)
    },
  )
}
