import type { Deployment } from '../../src/model/deployment.ts'
import type { Place } from '../../src/model/environment.ts'
import type { Release } from '../../src/model/release.ts'
import type { Rollout, Status } from '../../src/model/rollout.ts'
import { defaultService } from '../../src/model/spec.ts'
import { at } from './scratch.ts'

export const newBuild = (place: Place) => ({
  ...place,
  source: 'push' as const,
  commit: 'c0ffee',
  title: "It's “done”",
  by: 'laptop',
  at,
})

export const newRelease = (place: Place): Omit<Release, 'number' | 'stableAt'> => ({
  ...place,
  commit: 'c0ffee',
  title: 'First',
  build: 1,
  artifact: 'sha256-1',
  services: { web: { ...defaultService, command: ['node', 'server.js'] } },
  jobs: {},
  strategy: 'blue-green',
  promotedFrom: null,
  routes: [{ host: 'shop.localhost', path: '/', service: 'web' }],
  settings: { COLOUR: 'blue' },
  secrets: { TOKEN: 1 },
  createdAt: at,
  by: 'laptop',
  reason: 'push',
})

export const newRollout = (release: number, status: Status = 'queued'): Rollout => ({
  status,
  kind: 'release',
  candidate: { release, strategy: 'blue-green', services: [], jobs: [] },
  stable: null,
  traffic: 'stable',
  exposed: false,
  since: 0,
  wave: null,
  restartsAtFlip: {},
  displaced: [],
  rolling: null,
  silentSince: null,
  unservedSince: null,
  problem: null,
  pending: [{ key: '1', effect: { do: 'prepare' } }],
  effects: 1,
})

export const newDeployment = (place: Place, release: number): Omit<Deployment, 'number'> => ({
  ...place,
  release,
  from: null,
  rollout: newRollout(release),
  by: 'laptop',
  queuedAt: at,
  startedAt: null,
  liveAt: null,
  endedAt: null,
})
