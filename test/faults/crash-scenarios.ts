import type { AppOptions } from '../support/apps.ts'
import { dyingWorker, steadyWorker } from '../support/apps.ts'
import type { Scenario } from './crash.ts'

/** Runs and never listens. */
const deaf = { webFirst: 'setInterval(() => {}, 1000); return' }

/** Makes an app of what it answers, for the engine that is tried. */
export type MakeApp = (options: AppOptions) => Record<string, string>

/** Scenarios that hold on every engine, with apps as `make` makes them. */
export function scenariosOf(make: MakeApp) {
  const good = (says: string, more = {}) => make({ says, worker: steadyWorker, ...more })
  const onOld = { first: good('v1'), deployment: 2, serving: 1, webs: [1] }
  const onNew = { first: good('v1'), deployment: 2, serving: 2, webs: [1, 2] }
  const scenarios = {
    succeeds: {
      ...onNew,
      ends: 'succeeded',
      play: (crash) => crash.deploy(good('v2')),
    },
    'worker dies': {
      ...onOld,
      ends: 'rolled_back',
      play: (crash) => crash.deploy(good('v2', { worker: dyingWorker, settle: '3s' })),
    },
    'never healthy': {
      ...onOld,
      ends: 'failed',
      play: (crash) => crash.deploy(good('v2', { ...deaf, healthyWithin: '1s' })),
    },
    'newer push': {
      ...onOld,
      ends: 'superseded',
      play: (crash) =>
        crash.untilTheCrash(async () => {
          const first = crash.deployAndLook(good('v2', deaf), 'starting')
          await first.begun
          return crash.repository.deploy(good('v3', { ...deaf, healthyWithin: '1s' }))
        }),
    },
    aborted: {
      ...onOld,
      ends: 'cancelled',
      play: (crash) =>
        crash.untilTheCrash(() =>
          crash.deployThen(good('v2', deaf), 'starting', (deployment) => crash.abort(deployment)),
        ),
    },
  } satisfies Record<string, Scenario>
  return scenarios
}
