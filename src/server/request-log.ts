import type { Log } from '../base/log.ts'
import { pathOf } from './failure.ts'
import type { Api } from './parts.ts'

/** One line a request when it is over: never a query, a header or a body. Questions whether the server answers are left out. */
export function logRequests(api: Api, log: Log): void {
  api.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request.url)
    if (path === '/v1/health') return
    const response = reply.raw
    // Not Fastify's own hook, which does not tell of an answer that was cut off.
    response.once('close', () => {
      log.info('request', {
        requestId: request.id,
        method: request.method,
        path,
        status: response.statusCode,
        ms: Math.round(reply.elapsedTime),
        by: request.asker?.name,
        ...(response.writableFinished ? {} : { cut: true }),
      })
    })
  })
}
