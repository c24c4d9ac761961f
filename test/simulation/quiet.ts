import { replicasOf } from '../../src/deploy/scale.ts'
import { leftIn } from '../../src/deploy/serving.ts'
import { type Place, placeKey } from '../../src/model/environment.ts'
import type { Instance } from '../../src/model/instance.ts'
import { isRouted, type Release } from '../../src/model/release.ts'
import { isOver } from '../../src/model/rollout.ts'
import { unfinishedBuilds } from '../../src/store/builds.ts'
import { unfinishedDeployments } from '../../src/store/deployments.ts'
import { listEnvironments } from '../../src/store/environments.ts'
import { unfinishedJobRuns } from '../../src/store/jobs.ts'
import { findRelease } from '../../src/store/releases.ts'
import { listRemovals } from '../../src/store/removals.ts'
import { listScales } from '../../src/store/scales.ts'
import type { Db } from '../../src/store/store.ts'
import type { Gateway } from './gateway.ts'
import { instancesIn } from './gateway.ts'
import type { Ledger } from './ledger.ts'
import type { Machine } from './machine.ts'
import type { Server } from './server.ts'

export type Rest = { machine: Machine; gateway: Gateway; ledger: Ledger; server: Server }

/** What still has to come true before a world in which nothing ails and nobody wants anything is as it should be; undefined when it is. */
export async function unrest(
  db: Db,
  { machine, gateway, ledger, server }: Rest,
): Promise<string | undefined> {
  if (!server.isServing) return 'the server does not serve'
  const [wish] = server.unanswered
  if (wish !== undefined) return `nobody has answered: ${wish}`
  if (!gateway.isUp || gateway.isBehind) return 'the router does not serve the newest table'
  const [build] = await unfinishedBuilds(db)
  if (build !== undefined) return `build ${build.number} of ${placeKey(build)} is ${build.status}`
  const [run] = await unfinishedJobRuns(db)
  if (run !== undefined) return `run ${run.number} of ${placeKey(run)} has not ended`
  const [removal] = await listRemovals(db)
  if (removal !== undefined) return `${removal.app} is still being removed`
  const [lost] = ledger.unanswered()
  if (lost !== undefined) return `what became of ${lost} is not known`
  const wanted = new Map<
    string,
    { service: string; release: number; count: number; may: boolean }[]
  >()
  for (const environment of await listEnvironments(db)) {
    const key = placeKey(environment)
    const [going] = await unfinishedDeployments(db, environment)
    if (going !== undefined)
      return `deployment ${going.number} of ${key} is ${going.rollout.status}`
    const known = ledger.places.get(key)
    if (known?.stable !== environment.stable)
      return `v${environment.stable} is stable in ${key}, and the log says v${known?.stable}`
    const told = [...(known?.deployments.values() ?? [])].find(({ status }) => !isOver(status))
    if (told !== undefined)
      return `deployment ${told.number} of ${key} is over, and the log says ${told.status}`
    const unrestHere = await unrestOf(db, environment, machine, gateway, wanted)
    if (unrestHere !== undefined) return unrestHere
  }
  for (const { id, set } of machine.programs.values())
    if (!wanted.has(placeKey(set))) return `${id} of ${placeKey(set)} runs, which does not exist`
  for (const { key, end } of machine.jobs.values())
    if (end === null) return `job ${key} runs, and nobody knows of it`
  return undefined
}

type Wanted = { service: string; release: number; count: number; may: boolean }

async function unrestOf(
  db: Db,
  environment: Awaited<ReturnType<typeof listEnvironments>>[number],
  machine: Machine,
  gateway: Gateway,
  all: Map<string, Wanted[]>,
): Promise<string | undefined> {
  const key = placeKey(environment)
  const scales = await listScales(db, environment)
  const setsOf = (release: Release | undefined, routedOnly: boolean, may: boolean): Wanted[] =>
    Object.entries(release === undefined ? {} : replicasOf(release, scales))
      .filter(([service]) => !routedOnly || (release && isRouted(release, service)))
      .map(([service, count]) => ({ service, release: release?.number ?? 0, count, may }))
  const find = async (number: number | null) =>
    number === null ? undefined : findRelease(db, environment, number)
  const stable = await find(environment.stable)
  const left = await find(await leftIn(db, environment))
  const warm = await find(environment.warm?.release ?? null)
  const wanted = [
    ...setsOf(stable, false, false),
    ...(left?.number === stable?.number ? [] : setsOf(left, true, false)),
    ...(warm === undefined ? [] : setsOf(warm, true, true)),
  ]
  all.set(key, wanted)
  const here = machine.list({ app: environment.app, environment: environment.environment })
  return unrestOfInstances(key, here, wanted) ?? unrestOfRoutes(environment, here, left, gateway)
}

function unrestOfInstances(key: string, here: Instance[], wanted: Wanted[]): string | undefined {
  for (const { service, release, count, may } of wanted) {
    const set = here.filter((one) => one.set.service === service && one.set.release === release)
    const healthy = set.filter(({ health }) => health === 'healthy')
    if (set.length !== count && !(may && set.length === 0))
      return `${key} has ${set.length} instances of ${service} v${release}, not ${count}`
    if (healthy.length !== set.length) return `${key} has ill instances of ${service} v${release}`
  }
  const other = here.find(
    ({ set }) => !wanted.some((one) => one.service === set.service && one.release === set.release),
  )
  return other && `${other.id} runs in ${key}, and is not wanted`
}

function unrestOfRoutes(
  place: Place,
  here: Instance[],
  serving: Release | undefined,
  { table }: Gateway,
): string | undefined {
  const routes = table.routes.filter((route) => placeKey(route) === placeKey(place))
  const wanted = serving?.routes.length ?? 1
  if (routes.length !== wanted)
    return `${placeKey(place)} has ${routes.length} routes in table ${table.number}, not ${wanted}`
  for (const route of routes) {
    const named = instancesIn({ number: 0, routes: [route] }).map(({ id }) => id)
    const healthy = here
      .filter(({ set }) => set.release === serving?.number && set.service === route.service)
      .map(({ id }) => id)
    if (named.sort().join() !== healthy.sort().join())
      return `${route.host} leads to ${named.join()}, and should lead to ${healthy.join()}`
  }
  return undefined
}
