import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import { usageNow } from '../engine/usage.ts'
import type { Instance } from '../model/instance.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'

export function instanceRoutes(api: Api, { engine, store: { db } }: ApiParts): void {
  api.get(
    `${home}/instances`,
    {
      config: { permission: 'instances.read' },
      schema: {
        summary: "The environment's instances, those that are down too",
        tags: ['instances'],
        params: homePath,
        response: { 200: z.object({ instances: z.array(shapes.instance) }), ...failures },
      },
    },
    async ({ params }) => {
      await requirePlace(db, params)
      return { instances: (await engine.list(params)).map(instanceView) }
    },
  )

  api.get(
    `${home}/usage`,
    {
      config: { permission: 'instances.read' },
      schema: {
        summary: 'What the instances that run use now, looked at for a moment, and what they may',
        tags: ['instances'],
        params: homePath,
        response: { 200: z.object({ usage: z.array(shapes.usage) }), ...failures },
      },
    },
    async ({ params }) => {
      await requirePlace(db, params)
      return { usage: await usageNow(engine, params) }
    },
  )
}

export function instanceView(instance: Instance): shapes.InstanceView {
  const { id, set, address, health, restarts, lastExit, reason, startedAt, pid } = instance
  return {
    id,
    service: set.service,
    release: set.release,
    address: addressText(address),
    health,
    restarts,
    lastExit,
    reason,
    startedAt,
    pid,
  }
}

const addressText = ({ host, port }: Instance['address']): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
