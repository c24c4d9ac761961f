import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type EffectKind, effectKinds, moves, type Status } from '../../src/model/rollout.ts'
import { steadyWorker, webApp } from '../support/apps.ts'
import { isAlive, until } from '../support/naru.ts'
import { type Crash, crashRows, type Scenario, shortly } from './crash.ts'
import { scenariosOf } from './crash-scenarios.ts'
import { outOfReach } from './router-of.ts'

/**
 * The server is killed right before and right after every write and every effect there is, with real
 * processes and a real router under requests. The rows come from the reducer's own tables: a new status or
 * effect has no scenario until somebody writes one, and the compiler says so.
 */

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
} satisfies Record<Exclude<Status, 'queued'>, keyof typeof scenarios>

const throughEffect = {
  prepare: 'succeeds',
  job: 'has a job',
  'end-job': 'aborted in its job',
  start: 'succeeds',
  route: 'succeeds',
  stop: 'succeeds',
  promote: 'succeeds',
} satisfies Record<EffectKind, keyof typeof scenarios>

const good = (says: string, more = {}) => webApp({ says, worker: steadyWorker, ...more })
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
const job = (command: string) => ({
  more: `jobs:
  migrate:
    command: echo v2 >> $HOME/job; ${command}
    when: before-rollout
`,
})

const onOld = { first: good('v1'), deployment: 2, serving: 1, webs: [1] }
const onNew = { first: good('v1'), deployment: 2, serving: 2, webs: [1, 2] }

const scenarios = {
  ...scenariosOf(webApp),
  'has a job': {
    ...onNew,
    ends: 'succeeded',
    play: hasAJob,
  },
  'aborted in its job': {
    ...onOld,
    ends: 'cancelled',
    play: (crash) =>
      crash.untilTheCrash(() =>
        crash.deployThen(good('v2', job('sleep 600')), 'preparing', (deployment) =>
          jobBegun(crash).then(() => crash.abort(deployment)),
        ),
      ),
  },
  'old one is dead': {
    ...onOld,
    first: good('v1', slowAgain),
    mayFail: true,
    ends: 'rolled_back',
    play: (crash) =>
      crash.untilTheCrash(() =>
        crash.deployThen(good('v2', { settle: '20s' }), 'baking', async (deployment) => {
          await crash.killOldWeb()
          await crash.abort(deployment)
        }),
      ),
  },
  'rollback dies': {
    ...onNew,
    first: good('v1', obedient),
    second: good('v2'),
    deployment: 3,
    mayFail: true,
    anyWorker: true,
    ends: 'blocked',
    play: rollbackDies,
  },
  'router out of reach': { ...onNew, ends: 'succeeded', play: routerOutOfReach },
} satisfies Record<string, Scenario>

const statuses = (Object.keys(moves) as Status[]).filter((status) => status !== 'queued')
const rows = [
  ...statuses.map((name) => ({ what: 'write', name, scenario: throughStatus[name] })),
  ...effectKinds.map((name) => ({ what: 'effect', name, scenario: throughEffect[name] })),
].flatMap((row) => ['before', 'after'].map((when) => ({ when, ...row })))

crashRows('$when the $what $name: $scenario', rows, scenarios)

const jobNotes = ({ app, naru }: Crash): string =>
  join(naru.data, 'apps', app, 'home/production/job')

const jobBegun = (crash: Crash): Promise<void> =>
  until(() => existsSync(jobNotes(crash)), 'the job to begin')

/** However often the server dies, the job succeeds once, and no second one is begun for the release. */
async function hasAJob(crash: Crash): Promise<void> {
  await crash.deploy(good('v2', job('sleep 1')))
  await until(() => crash.isOver(), 'the deployment to end')
  expect(readFileSync(jobNotes(crash), 'utf8')).toBe('v2\n')
}

async function rollbackDies(crash: Crash): Promise<void> {
  const { app, naru } = crash
  await crash.untilTheCrash(async () => {
    await naru.client.rollback(naru.place(app))
    await until(async () => (await crash.newest())?.status === 'baking', 'the rollback to be live')
    writeFileSync(join(naru.data, 'apps', app, 'home/production/die'), '')
  })
}

async function routerOutOfReach(crash: Crash): Promise<void> {
  const { naru } = crash
  const server = naru.pid()
  const { pushed, begun } = crash.deployAndLook(good('v2', { healthyFor: '1s' }), 'starting')
  await begun
  await outOfReach(naru, () => until(() => !isAlive(server), 'the server to die at the fault'))
  await pushed
  await naru.up(shortly)
}
