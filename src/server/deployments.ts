import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import type { Conductor } from '../deploy/conductor.ts'
import { servedBy } from '../deploy/serving.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'
import { isOver } from '../model/rollout.ts'
import { listDeployments, requireDeployment } from '../store/deployments.ts'
import { listEvents } from '../store/events.ts'
import { askedBy } from './authentication.ts'
import { followEvents } from './event-reading.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homeNumberPath, homePath, listQuery } from './path.ts'
import { requirePlace } from './place.ts'
import { afterQuery, type Message, resumeAfter, type Streams, streamOf } from './stream.ts'

export function deploymentRoutes(api: Api, { conductor, store }: ApiParts, streams: Streams): void {
  const { db } = store
  const one = `${home}/deployments/:number`

  api.get(
    `${home}/deployments`,
    {
      config: { permission: 'deployments.read' },
      schema: {
        summary: "The environment's deployments, newest first",
        tags: ['deployments'],
        params: homePath,
        querystring: listQuery,
        response: { 200: z.object({ deployments: z.array(shapes.deployment) }), ...failures },
      },
    },
    async ({ params, query: { limit } }) => {
      await requirePlace(db, params)
      const deployments = await listDeployments(db, params, limit)
      return {
        deployments: await Promise.all(deployments.map((each) => deploymentView(each, conductor))),
      }
    },
  )

  api.post(
    `${home}/deployments`,
    {
      config: { permission: 'releases.deploy' },
      schema: {
        summary:
          'Deploys what was built before: a build, what was deployed last, or what is stable elsewhere',
        tags: ['deployments'],
        params: homePath,
        body: shapes.deployRequest,
        response: { 202: shapes.deployment, ...failures },
      },
    },
    async (request, reply) => {
      await requirePlace(db, request.params)
      const deployment = await conductor.deploy(request.params, request.body, askedBy(request))
      return reply.code(202).send(await deploymentView(deployment, conductor))
    },
  )

  api.get(
    one,
    {
      config: { permission: 'deployments.read' },
      schema: {
        summary: 'One deployment and its whole story, oldest event first',
        tags: ['deployments'],
        params: homeNumberPath,
        response: { 200: shapes.deploymentStory, ...failures },
      },
    },
    async ({ params }) => {
      const deployment = await find(params)
      const events = await listEvents(db, storyOf(params))
      return { ...(await deploymentView(deployment, conductor)), events }
    },
  )

  api.get(
    `${one}/events`,
    {
      config: { permission: 'deployments.read' },
      schema: {
        summary:
          "A deployment's story as it happens: `event` messages, then `end` with the deployment",
        tags: ['deployments'],
        params: homeNumberPath,
        querystring: z.strictObject(afterQuery),
        response: {
          ...streamOf({ event: shapes.event, end: shapes.deployment }),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const filter = storyOf(request.params)
      const after = resumeAfter(request, request.query.after) ?? 0
      await find(request.params)
      const isOverNow = async () => isOver((await find(request.params)).rollout.status)
      await streams.send(request, reply, async function* (signal): AsyncGenerator<Message> {
        let id = after
        for await (const event of followEvents(
          store,
          { filter, after, isOver: isOverNow },
          signal,
        )) {
          id = event.id
          yield { id, event: 'event', data: event }
        }
        if (signal.aborted) return
        const deployment = await find(request.params)
        yield { id, event: 'end', data: await deploymentView(deployment, conductor) }
      })
    },
  )

  api.post(
    `${one}/abort`,
    {
      config: { permission: 'deployments.abort' },
      schema: {
        summary: 'Asks a deployment that is not over to go back',
        tags: ['deployments'],
        params: homeNumberPath,
        response: { 202: shapes.deployment, ...failures },
      },
    },
    async (request, reply) => {
      const { number, ...place } = request.params
      await find(request.params)
      const deployment = await conductor.abort(place, number, askedBy(request))
      return reply.code(202).send(await deploymentView(deployment, conductor))
    },
  )

  async function find({ number, ...place }: Place & { number: number }): Promise<Deployment> {
    await requirePlace(db, place)
    return requireDeployment(db, place, number)
  }
}

/** What is told of a deployment. What it serves is asked of the conductor until it is over, and is its own fact then. */
export async function deploymentView(
  deployment: Deployment,
  conductor: Pick<Conductor, 'serving'>,
): Promise<shapes.DeploymentView> {
  const { app, environment, number, release, rollout, by } = deployment
  const { queuedAt, startedAt, liveAt, endedAt } = deployment
  const { status, kind, problem } = rollout
  // One that ended before its turn moved nothing, so that it knows nothing of what serves.
  const settled = isOver(status) && startedAt !== null
  return {
    app,
    environment,
    number,
    release,
    from: deployment.from ?? rollout.stable?.release ?? null,
    kind,
    status,
    problem,
    serving: settled ? servedBy(rollout) : await conductor.serving({ app, environment }),
    by,
    queuedAt,
    startedAt,
    liveAt,
    endedAt,
  }
}

const storyOf = ({ app, environment, number }: Place & { number: number }) => ({
  app,
  environment,
  deployment: number,
})
