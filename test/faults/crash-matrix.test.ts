import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeploymentView } from '../../src/contract/shapes.ts'
import {
  type EffectKind,
  effectKinds,
  isOver,
  moves,
  type Status,
} from '../../src/model/rollout.ts'
import { dyingWorker, steadyWorker, webApp } from '../support/apps.ts'
import { isAlive, Naru, type Repository, until } from '../support/naru.ts'
import { Visitors } from '../support/visitor.ts'

/**
 * The server is killed right before and right after every write and every effect there is, with real
 * processes and a real router under requests. The rows come from the reducer's own tables: a new status or
 * effect has no scenario until somebody writes one, and the compiler says so.
 */

type Scenario = keyof typeof scenarios
const throughStatus = {
  preparing: 'succeeds',
  starting: 'succeeds',
  shifting: 'succeeds',
  baking: 'succeeds',
  promoting: 'succeeds',
  succeeded: 'succeeds',
  aborting: 'worker dies',
  rolled_back: 'worker dies',
  failed: 'never healthy',
  superseded: 'newer push',
  cancelled: 'aborted',
  restoring: 'old one is dead',
  blocked: 'rollback dies',
  paused: 'router out of reach',
} satisfies Record<Exclude<Status, 'queued'>, Scenario>

const throughEffect = {
  prepare: 'succeeds',
  start: 'succeeds',
  route: 'succeeds',
  stop: 'succeeds',
  promote: 'succeeds',
} satisfies Record<EffectKind, Scenario>

const statuses = (Object.keys(moves) as Status[]).filter((status) => status !== 'queued')
const rows = [
  ...statuses.map((name) => ({ what: 'write', name, scenario: throughStatus[name] })),
  ...effectKinds.map((name) => ({ what: 'effect', name, scenario: throughEffect[name] })),
].flatMap((row) => ['before', 'after'].map((when) => ({ when, ...row })))

/** How each ends: of which deployment, which release serves then, and which `web` sets are left running. */
const scenarios = {
  succeeds: { deployment: 2, ends: 'succeeded', serving: 2, webs: [1, 2] },
  'worker dies': { deployment: 2, ends: 'rolled_back', serving: 1, webs: [1] },
  'never healthy': { deployment: 2, ends: 'failed', serving: 1, webs: [1] },
  'newer push': { deployment: 2, ends: 'superseded', serving: 1, webs: [1] },
  aborted: { deployment: 2, ends: 'cancelled', serving: 1, webs: [1] },
  'old one is dead': { deployment: 2, ends: 'rolled_back', serving: 1, webs: [1] },
  'rollback dies': { deployment: 3, ends: 'blocked', serving: 2, webs: [1, 2] },
  'router out of reach': { deployment: 2, ends: 'succeeded', serving: 2, webs: [1, 2] },
} as const

let naru: Naru
let turn = 0

beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

describe('a server that is killed', () => {
  it.each(rows)(
    '$when the $what $name: $scenario',
    async ({ when, what, name, scenario }) => {
      if (!isAlive(naru.pid())) await naru.up() // The row before failed half-way.
      turn += 1
      const app = `app-${turn}`
      const repository = await naru.repository(app, firstRelease(scenario))
      expect((await repository.push()).output).toContain('live at')
      if (scenario === 'rollback dies') await repository.deploy(good('v2'))
      const visitors = mayFail(scenario) ? null : new Visitors(naru.http, `${app}.localhost`)
      await naru.crash()
      await naru.up({ NARU_FAULT: `${when}:${what}:${name}`, NARU_STUCK_AFTER_MS: '1500' })

      await play(scenario, repository)

      const end = await ended(app, scenario)
      await visitors?.stop()
      await theWorldIsWhole(app, end, scenario)
      expect(visitors?.failures ?? []).toEqual([])
      await naru.client.destroyApp(app, app)
    },
    60_000,
  )
})

const good = (says: string, more = {}) => webApp({ says, worker: steadyWorker, ...more })
/** Runs and never listens. */
const deaf = { webFirst: 'setInterval(() => {}, 1000); return' }
/** Ends, again and again, once a file tells it to. */
const obedient = {
  webFirst: `setInterval(() => require('node:fs').existsSync(process.env.HOME + '/die') && process.exit(1), 50)`,
}
/** Takes a second to listen when its HOME says that it has run before. */
const slowAgain = {
  webFirst: `const fs = require('node:fs')
const again = process.env.HOME + '/ran'
const before = fs.existsSync(again)
fs.writeFileSync(again, '')
if (before) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)`,
}
const firstRelease = (scenario: Scenario) =>
  good(
    'v1',
    scenario === 'rollback dies' ? obedient : scenario === 'old one is dead' ? slowAgain : {},
  )

/** A release that dies under traffic fails requests with or without a crash. */
const mayFail = (scenario: Scenario): boolean =>
  ['old one is dead', 'rollback dies'].includes(scenario)

async function play(scenario: Scenario, repository: Repository): Promise<void> {
  switch (scenario) {
    case 'succeeds':
      return untilTheCrash(() => repository.deploy(good('v2')))
    case 'worker dies':
      return untilTheCrash(() =>
        repository.deploy(good('v2', { worker: dyingWorker, settle: '3s' })),
      )
    case 'never healthy':
      return untilTheCrash(() => repository.deploy(good('v2', { ...deaf, healthyWithin: '1s' })))
    case 'newer push':
      return untilTheCrash(async () => {
        const first = deployAndLook(repository, good('v2', deaf), 'starting')
        await first.begun
        return repository.deploy(good('v3', { ...deaf, healthyWithin: '1s' }))
      })
    case 'aborted':
      return untilTheCrash(() => deployThen(repository, good('v2', deaf), 'starting', abort))
    case 'old one is dead':
      return untilTheCrash(() =>
        deployThen(repository, good('v2', { settle: '20s' }), 'baking', async (app, deployment) => {
          await killOldWeb(app)
          await abort(app, deployment)
        }),
      )
    case 'rollback dies':
      return rollbackDies(repository)
    case 'router out of reach':
      return routerOutOfReach(repository)
  }
}

/** Does what leads to the fault, waits for the server to die there, and starts it again. */
async function untilTheCrash(lead: () => Promise<unknown>): Promise<void> {
  const pid = naru.pid()
  const led = lead().catch(() => {}) // The server dies under it: that is the point.
  await until(() => !isAlive(pid), 'the server to die at the fault')
  await led
  await naru.up({ NARU_STUCK_AFTER_MS: '1500' })
}

function deployAndLook(repository: Repository, files: Record<string, string>, status: Status) {
  const pushed = repository.deploy(files)
  const { app } = repository
  const begun = until(
    async () => (await newest(app))?.status === status,
    `a deployment that is ${status}`,
  )
  return { pushed, begun }
}

/** Pushes, and acts as soon as the deployment is in the given status. */
async function deployThen(
  repository: Repository,
  files: Record<string, string>,
  status: Status,
  act: (app: string, deployment: number) => Promise<unknown>,
): Promise<void> {
  const { pushed, begun } = deployAndLook(repository, files, status)
  await begun
  await act(repository.app, (await newest(repository.app))?.number ?? 0)
  await pushed
}

/** The new release has the traffic when its old one, which is slow to come back, is killed. */
async function killOldWeb(app: string): Promise<void> {
  const { instances } = await naru.status(app)
  const old = instances.find(({ service, release }) => service === 'web' && release === 1)
  process.kill(old?.pid ?? 0, 'SIGKILL')
  await until(async () => {
    const now = (await naru.status(app)).instances.find(({ id }) => id === old?.id)
    return now?.health !== 'healthy'
  }, 'the death to be noticed')
}

async function rollbackDies({ app }: Repository): Promise<void> {
  await untilTheCrash(async () => {
    await naru.client.rollback(naru.place(app))
    await until(async () => (await newest(app))?.status === 'baking', 'the rollback to be live')
    writeFileSync(join(naru.data, 'apps', app, 'home/production/die'), '')
  })
}

/** The router serves on, but cannot be told anything. */
async function routerOutOfReach(repository: Repository): Promise<void> {
  const socket = join(naru.data, 'router/control.sock')
  const server = naru.pid()
  const { pushed, begun } = deployAndLook(repository, good('v2', { healthyFor: '1s' }), 'starting')
  try {
    await begun
    renameSync(socket, `${socket}.away`)
    await until(() => !isAlive(server), 'the server to die at the fault')
  } finally {
    renameSync(`${socket}.away`, socket)
  }
  await pushed
  await naru.up({ NARU_STUCK_AFTER_MS: '1500' })
}

const newest = async (app: string): Promise<DeploymentView | undefined> =>
  (await naru.client.deployments(naru.place(app)))[0]

const abort = (app: string, deployment: number) => naru.client.abort(naru.place(app), deployment)

/** The scenario's deployment, when nothing more happens to it or to any later one. */
async function ended(app: string, scenario: Scenario): Promise<DeploymentView> {
  const { deployment, ends } = scenarios[scenario]
  let all: DeploymentView[] = []
  await until(async () => {
    all = await naru.client.deployments(naru.place(app))
    const settled = all.every(({ status }) => isOver(status) || status === ends)
    const builds = await naru.client.builds(app)
    const built = builds.every(({ status }) => status !== 'queued' && status !== 'running')
    return settled && built && all.some(({ number }) => number === deployment)
  }, 'the deployment to end')
  return all.find(({ number }) => number === deployment) as DeploymentView
}

async function theWorldIsWhole(
  app: string,
  end: DeploymentView,
  scenario: Scenario,
): Promise<void> {
  const { ends, serving, webs } = scenarios[scenario]
  expect(end.status).toBe(ends)
  const running = async (service: string): Promise<number[]> =>
    (await naru.status(app)).instances
      .filter((one) => one.service === service)
      .map(({ release }) => release)
      .sort()
  await until(async () => {
    const [web, worker] = [await running('web'), await running('worker')]
    return `${web}` === `${webs}` && (scenario === 'rollback dies' || `${worker}` === `${serving}`)
  }, `web of ${webs} and the worker of ${serving}`).catch(async (error: unknown) => {
    throw new Error(
      `${error}; there are web ${await running('web')}, worker ${await running('worker')}\n${naru.log()}`,
    )
  })
  // A blocked rollback may decide for the other release once more while this looks.
  await until(
    async () =>
      (await naru.status(app)).serving === serving &&
      (await naru.visit(app)).body === `v${serving}`,
    `v${serving} to be what serves`,
  )
}
