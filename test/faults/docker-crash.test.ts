import { describe } from 'vitest'
import { inAnImage, webApp } from '../support/apps.ts'
import { whereDocker } from '../support/docker.ts'
import { crashRows } from './crash.ts'
import { scenariosOf } from './crash-scenarios.ts'

/**
 * The same as `crash-matrix` with containers, for what Naru writes and does to them: the server dies right before and right
 * after, under requests.
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
} as const

const effects = ['prepare', 'start', 'route', 'stop', 'promote'] as const

const rows = [
  ...Object.entries(throughStatus).map(([name, scenario]) => ({ what: 'write', name, scenario })),
  ...effects.map((name) => ({ what: 'effect', name, scenario: 'succeeds' as const })),
].flatMap((row) => ['before', 'after'].map((when) => ({ when, ...row })))

describe('with containers', whereDocker, () => {
  crashRows(
    '$when the $what $name: $scenario',
    rows,
    scenariosOf((options) => inAnImage(webApp(options))),
    'docker',
  )
})
