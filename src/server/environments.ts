import { z } from 'zod'
import { NaruError } from '../base/error.ts'
import * as shapes from '../contract/shapes.ts'
import { runningIn } from '../deploy/serving.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Environment } from '../model/environment.ts'
import { isOver } from '../model/rollout.ts'
import { requireApp } from '../store/apps.ts'
import { listDeployments, unfinishedDeployments } from '../store/deployments.ts'
import { listEnvironments, requireEnvironment } from '../store/environments.ts'
import { askedBy } from './authentication.ts'
import { deploymentView } from './deployments.ts'
import { instanceView } from './instances.ts'
import type { Api, ApiParts } from './parts.ts'
import { appPath, failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'
import { stillThere } from './still-there.ts'

export function environmentRoutes(
  api: Api,
  { conductor, engine, served, store: { db } }: ApiParts,
): void {
  const environmentView = async (of: Environment): Promise<shapes.EnvironmentView> => ({
    app: of.app,
    name: of.environment,
    branch: await conductor.branch(of),
    stable: of.stable,
    serving: await conductor.serving(of),
    urls: await conductor.urls(of),
  })

  api.get(
    '/v1/apps/:app/environments',
    {
      config: { permission: 'apps.read' },
      schema: {
        summary: "The app's environments, by name",
        tags: ['environments'],
        params: appPath,
        response: {
          200: z.object({ environments: z.array(shapes.environment) }),
          ...failures,
        },
      },
    },
    async ({ params }) => {
      const { name } = await requireApp(db, params.app)
      const found = await listEnvironments(db, name)
      return { environments: await stillThere(db, found, environmentView) }
    },
  )

  api.post(
    '/v1/apps/:app/environments',
    {
      config: { permission: 'environments.create' },
      schema: {
        summary: 'Makes an environment, with nothing in it yet',
        tags: ['environments'],
        params: appPath,
        body: shapes.newEnvironment,
        response: { 201: shapes.environment, ...failures },
      },
    },
    async (request, reply) => {
      const { name: app } = await requireApp(db, request.params.app)
      const { name: environment, branch, from } = request.body
      await conductor.createEnvironment(app, { environment, branch, from }, askedBy(request))
      const made = await requireEnvironment(db, { app, environment })
      return reply.code(201).send(await environmentView(made))
    },
  )

  api.delete(
    home,
    {
      config: { permission: 'environments.destroy' },
      schema: {
        summary: 'Ends everything of the environment and removes it; `confirm` repeats its name',
        tags: ['environments'],
        params: homePath,
        querystring: z.strictObject({ confirm: z.string().default('') }),
        response: { 204: z.undefined().describe('it is gone'), ...failures },
      },
    },
    async (request, reply) => {
      const { app, environment: expected } = await requirePlace(db, request.params)
      const found = request.query.confirm
      if (found !== expected) throw new NaruError('confirm.mismatch', { expected, found, app })
      await conductor.destroyEnvironment(request.params, askedBy(request))
      return reply.code(204).send(undefined)
    },
  )

  const view = async (deployment: Deployment | undefined) =>
    deployment === undefined ? null : deploymentView(deployment, conductor)

  api.get(
    home,
    {
      config: { permission: 'apps.read' },
      schema: {
        summary: "What an app's environment is doing now",
        tags: ['apps'],
        params: homePath,
        response: { 200: shapes.placeStatus, ...failures },
      },
    },
    async ({ params }) => {
      const { app, environment, stable, warm } = await requirePlace(db, params)
      const unfinished = await unfinishedDeployments(db, params)
      const newest = await listDeployments(db, params, unfinished.length + 1)
      const running = runningIn(unfinished)
      return {
        app,
        environment,
        urls: await conductor.urls(params),
        serving: await conductor.serving(params),
        beside: running?.rollout.traffic === 'both' ? running.release : null,
        stable,
        warm: warmView(warm, served()),
        deployment: await view(running ?? unfinished[0]),
        last: await view(newest.find(({ rollout }) => isOver(rollout.status))),
        instances: (await engine.list(params)).map(instanceView),
      }
    },
  )
}

function warmView(warm: Environment['warm'], served: number): shapes.PlaceStatus['warm'] {
  if (warm === null) return null
  const leftMs = Math.max(0, warm.untilServed - served)
  return { release: warm.release, secondsLeft: Math.ceil(leftMs / 1000) }
}
