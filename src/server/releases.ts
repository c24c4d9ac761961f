import { z } from 'zod'
import * as shapes from '../contract/shapes.ts'
import type { Environment } from '../model/environment.ts'
import { isRouted, type Release } from '../model/release.ts'
import { unfinishedDeployments } from '../store/deployments.ts'
import { listReleases, requireRelease } from '../store/releases.ts'
import { askedBy } from './authentication.ts'
import { deploymentView } from './deployments.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath, listQuery } from './path.ts'
import { requirePlace } from './place.ts'

export function releaseRoutes(api: Api, { conductor, store: { db } }: ApiParts): void {
  api.get(
    `${home}/releases`,
    {
      config: { permission: 'releases.read' },
      schema: {
        summary: "The environment's releases, newest first",
        tags: ['releases'],
        params: homePath,
        querystring: listQuery,
        response: { 200: z.object({ releases: z.array(shapes.release) }), ...failures },
      },
    },
    async ({ params, query: { limit } }) => {
      const environment = await requirePlace(db, params)
      const candidates = (await unfinishedDeployments(db, params)).map(({ release }) => release)
      const releases = await listReleases(db, params, limit)
      return { releases: releases.map((release) => releaseView(release, environment, candidates)) }
    },
  )

  api.post(
    `${home}/rollback`,
    {
      config: { permission: 'releases.rollback' },
      schema: {
        summary: 'Goes back to a release that was stable',
        tags: ['releases'],
        params: homePath,
        body: shapes.rollbackRequest.nullish(),
        response: { 202: shapes.deployment, ...failures },
      },
    },
    async (request, reply) => {
      const place = request.params
      const wanted = request.body?.release
      await requirePlace(db, place)
      if (wanted !== undefined) await requireRelease(db, place, wanted)
      const deployment = await conductor.rollback(place, wanted, askedBy(request))
      return reply.code(202).send(await deploymentView(deployment, conductor))
    },
  )
}

function releaseView(
  release: Release,
  environment: Environment,
  candidates: readonly number[],
): shapes.ReleaseView {
  const services = Object.entries(release.services).map(([name, { replicas }]) => ({
    name,
    routed: isRouted(release, name),
    replicas,
  }))
  const jobs = Object.keys(release.jobs)
  return { ...release, services, jobs, state: stateOf(release.number, environment, candidates) }
}

function stateOf(
  number: number,
  { stable, warm }: Environment,
  candidates: readonly number[],
): shapes.ReleaseView['state'] {
  if (number === stable) return 'stable'
  if (candidates.includes(number)) return 'candidate'
  return number === warm?.release ? 'warm' : 'retired'
}
