import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import { checkedLabel } from '../model/name.ts'
import { followEvents } from './event-reading.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures } from './path.ts'
import { afterQuery, type Message, resumeAfter, type Streams, streamOf } from './stream.ts'

export function eventRoutes(api: Api, { store }: ApiParts, streams: Streams): void {
  api.get(
    '/v1/events',
    {
      config: { permission: 'events.read' },
      schema: {
        summary: 'Everything that happens, from the oldest event that is kept, for ever',
        tags: ['events'],
        querystring: z.strictObject({ app: z.string().optional(), ...afterQuery }),
        response: { ...streamOf({ event: shapes.event }), ...failures },
      },
    },
    async (request, reply) => {
      const { app } = request.query
      const filter = app === undefined ? {} : { app: checkedLabel('app', app) }
      const after = resumeAfter(request, request.query.after) ?? 0
      await streams.send(request, reply, async function* (signal): AsyncGenerator<Message> {
        for await (const event of followEvents(store, { filter, after }, signal)) {
          yield { id: event.id, event: 'event', data: event }
        }
      })
    },
  )
}
