import * as shapes from '../contract/shapes.ts'
import { runningIn } from '../deploy/serving.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Environment } from '../model/environment.ts'
import { isOver } from '../model/rollout.ts'
import { listDeployments, unfinishedDeployments } from '../store/deployments.ts'
import { deploymentView } from './deployments.ts'
import { instanceView } from './instances.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'

export function environmentRoutes(
  api: Api,
  { conductor, engine, served, store: { db } }: ApiParts,
): void {
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
      return {
        app,
        environment,
        urls: await conductor.urls(params),
        serving: await conductor.serving(params),
        stable,
        warm: warmView(warm, served()),
        deployment: await view(runningIn(unfinished) ?? unfinished[0]),
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
