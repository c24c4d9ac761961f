import { z } from 'zod'
import { NaruError } from '../base/error.ts'
import * as shapes from '../contract/shapes.ts'
import { production } from '../model/environment.ts'
import { checkedLabel } from '../model/name.ts'
import { type App, findApp, listApps, requireApp } from '../store/apps.ts'
import { requireEnvironment } from '../store/environments.ts'
import { askedBy } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'
import { appPath, failures } from './path.ts'
import { stillThere } from './still-there.ts'

export function appRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  const placeOf = (app: App) => ({ ...app, app: app.name, environment: production })
  const view = async (app: App): Promise<shapes.AppView> => {
    const { name, createdAt, ...place } = placeOf(app)
    const { stable } = await requireEnvironment(db, place)
    return { name, createdAt, stable, urls: await conductor.urls(place) }
  }

  api.get(
    '/v1/apps',
    {
      config: { permission: 'apps.read' },
      schema: {
        summary: 'Every app of this server, by name',
        tags: ['apps'],
        response: { 200: z.object({ apps: z.array(shapes.app) }), ...failures },
      },
    },
    async () => {
      const apps = (await listApps(db)).map(placeOf)
      return { apps: await stillThere(db, apps, view) }
    },
  )

  api.post(
    '/v1/apps',
    {
      config: { permission: 'apps.create' },
      schema: {
        summary: 'Makes an app with its repository and the environment production',
        tags: ['apps'],
        body: shapes.newApp,
        response: {
          200: shapes.app.describe('it was there already'),
          201: shapes.app.describe('it was made'),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const name = checkedLabel('app', request.body.name)
      const before = await findApp(db, name)
      if (before === undefined) await conductor.createApp(name, askedBy(request))
      return reply
        .code(before === undefined ? 201 : 200)
        .send(await view(await requireApp(db, name)))
    },
  )

  api.get(
    '/v1/apps/:app',
    {
      config: { permission: 'apps.read' },
      schema: {
        summary: 'One app',
        tags: ['apps'],
        params: appPath,
        response: { 200: shapes.app, ...failures },
      },
    },
    async ({ params }) => view(await requireApp(db, params.app)),
  )

  api.delete(
    '/v1/apps/:app',
    {
      config: { permission: 'apps.destroy' },
      schema: {
        summary: 'Ends everything of the app and removes it; `confirm` repeats its name',
        tags: ['apps'],
        params: appPath,
        querystring: z.strictObject({ confirm: z.string().default('') }),
        response: { 204: z.undefined().describe('it is gone'), ...failures },
      },
    },
    async (request, reply) => {
      const { name } = await requireApp(db, request.params.app)
      const found = request.query.confirm
      if (found !== name) throw new NaruError('confirm.mismatch', { expected: name, found })
      await conductor.destroyApp(name, askedBy(request))
      return reply.code(204).send(undefined)
    },
  )
}
