import { z } from 'zod'
import { failure } from '../contract/shapes.ts'
import { checkedLabel } from '../model/name.ts'
import type { Api } from './parts.ts'

const number = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'expected a number')
  .transform(Number)

/** Names are checked before any of them is looked up, by `checkNames`, so that a bad one is refused as a name. */
export const appPath = z.object({ app: z.string().describe('name of an app') })
export const homePath = appPath.extend({
  environment: z.string().describe('name of an environment'),
})
export const appNumberPath = appPath.extend({ number })
export const homeNumberPath = homePath.extend({ number })

/** `/v1/apps/APP/environments/ENV`, where everything of one place is. */
export const home = '/v1/apps/:app/environments/:environment'

/** How many of a list are given, newest first. */
export const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|1000)$/, 'expected a number from 1 to 1000')
    .default('100')
    .transform(Number),
})

/** A question that is yes or no. */
export const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')

/** How every route documents its failures. */
export const failures = { '4xx': failure, '5xx': failure }

/** Refuses a request whose path names an app or an environment that cannot be one. */
export function checkNames(api: Api): void {
  api.addHook('preValidation', async ({ params }) => {
    for (const what of ['app', 'environment']) {
      const name: unknown = Object.entries(params ?? {}).find(([key]) => key === what)?.[1]
      if (typeof name === 'string') checkedLabel(what, name)
    }
  })
}
