import { dyingWorker, steadyWorker, webApp } from '../support/apps.ts'
import { crashRows, type Scenario } from './crash.ts'

/** The server is killed in the middle of what `rolling` and `recreate` do otherwise than `blue-green`, there and back. */

const app = (strategy: string, replicas: number) => (says: string, more: object) =>
  webApp({ says, worker: steadyWorker, replicas, more: `strategy: ${strategy}\n`, ...more })
const rolling = app('rolling', 2)
const recreate = app('recreate', 1)
const deaf = { webFirst: 'setInterval(() => {}, 1000); return', healthyWithin: '1s' }

const scenarios = {
  'rolling forward': {
    first: rolling('v1', {}),
    play: (crash) => crash.deploy(rolling('v2', {})),
    ...{ deployment: 2, ends: 'succeeded', serving: 2, webs: [2, 2] },
  },
  'rolling back': {
    first: rolling('v1', {}),
    play: (crash) => crash.deploy(rolling('v2', { worker: dyingWorker, settle: '3s' })),
    ...{ deployment: 2, ends: 'rolled_back', serving: 1, webs: [1, 1] },
  },
  recreated: {
    first: recreate('v1', {}),
    play: (crash) => crash.deploy(recreate('v2', {})),
    ...{ deployment: 2, ends: 'succeeded', serving: 2, webs: [2], mayFail: true },
  },
  'recreated in vain': {
    first: recreate('v1', {}),
    play: (crash) => crash.deploy(recreate('v2', deaf)),
    ...{ deployment: 2, ends: 'rolled_back', serving: 1, webs: [1], mayFail: true },
  },
} satisfies Record<string, Scenario>

type Row = { scenario: keyof typeof scenarios; what: string; name: string; nth: number }

const times = (scenario: Row['scenario'], what: string, name: string, ...nths: number[]): Row[] =>
  nths.map((nth) => ({ scenario, what, name, nth }))

/** Each instance is started, gets traffic, and lets an old one end; then the worker. On the way back the numbers go on. */
const rows = [
  ...times('rolling forward', 'effect', 'start', 2, 3),
  ...times('rolling forward', 'effect', 'route', 1),
  ...times('rolling forward', 'effect', 'stop', 1, 3),
  ...times('rolling forward', 'write', 'shifting', 4),
  ...times('rolling back', 'effect', 'start', 4),
  ...times('rolling back', 'effect', 'stop', 4, 5),
  ...times('recreated', 'effect', 'stop', 1),
  ...times('recreated', 'effect', 'start', 1),
  ...times('recreated in vain', 'effect', 'stop', 2),
  ...times('recreated in vain', 'effect', 'start', 2),
].flatMap((row) => ['before', 'after'].map((when) => ({ when, ...row })))

crashRows('$when the $what $name, time $nth: $scenario', rows, scenarios)
