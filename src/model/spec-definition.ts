import { defaultBuild, defaultService, defaultSpec } from './spec.ts'
import { container, imageBuild, resources } from './spec-container-keys.ts'
import { limits, route, timeouts } from './spec-route-keys.ts'

/**
 * What one key of `naru.yaml` takes. The reader takes its bounds from here, and docs/naru-yaml.md and
 * docs/naru.schema.json are made from it.
 */
export type KeyDefinition = {
  value: SpecValue
  /** As it would be written; a key without a constant default says in `otherwise` what happens. */
  default?: string | number | boolean
  otherwise?: string
  /** One sentence. */
  means: string
  /** The key and a value as lines of the file, not indented. */
  example: string
}

export type SpecValue =
  | { is: 'label' | 'command' | 'flag' | 'folder' | 'branch' | 'host' | 'service' }
  | { is: 'request-path' | 'route-path' | 'settings' | 'secrets' }
  | { is: 'volumes' | 'packages' | 'stage' | 'image' }
  | { is: 'number'; least: number; most: number }
  | { is: 'whole-number'; least: number; most: number }
  /** Bounds in seconds. */
  | { is: 'duration'; least: number; most: number }
  /** The most in bytes; 0 is allowed. */
  | { is: 'size'; most: number }
  /** `later`: words that a later version knows. */
  | { is: 'choice'; of: readonly string[]; later?: readonly string[] }
  | { is: 'mapping'; of: SpecMapping }
  /** Names of one's own, each with the keys of a mapping. */
  | { is: 'named'; of: SpecMapping; least: number; most: number }
  | { is: 'list'; of: SpecMapping; most: number }
  /** A list of mappings that have one key each, a name of one's own, with a command. */
  | { is: 'steps'; most: number }

/** A mapping of `naru.yaml` whose keys are fixed. */
export type SpecMapping =
  | 'root'
  | 'build'
  | 'service'
  | 'replicas'
  | 'health'
  | 'stop'
  | 'resources'
  | 'job'
  | 'route'
  | 'timeouts'
  | 'limits'
  | 'environment'
  | 'environmentService'

const hour = 3600
const day = 24 * hour
const health = defaultService.health

const strategy = {
  is: 'choice',
  of: ['blue-green', 'rolling', 'recreate'],
  later: ['canary', 'ab'],
} as const
const deploy = { is: 'choice', of: ['on-push', 'manual'] } as const
const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/** Every key that means something, in the order in which messages and docs name them. */
export const definition = {
  root: {
    app: {
      value: { is: 'label' },
      otherwise: "the name in the remote's address",
      means: 'The name of the app; a push to another app is refused.',
      example: 'app: shop',
    },
    build: {
      value: { is: 'mapping', of: 'build' },
      otherwise: 'found out from the files',
      means: 'How a commit becomes an artifact.',
      example: 'build: { command: npm run build }',
    },
    image: {
      value: { is: 'image' },
      otherwise: 'built from the files',
      means:
        'An image that is made elsewhere, instead of a build: fetched anew with each push, and the release keeps the very one that was fetched. On the docker engine alone.',
      example: 'image: ghcr.io/team/shop:1.2',
    },
    pipeline: {
      value: { is: 'steps', most: 50 },
      otherwise: 'no steps',
      means:
        'Steps that run in this order between install and build; the first that fails ends the build, and there is no release.',
      example: 'pipeline:\n  - test: npm test\n  - lint: npm run lint',
    },
    services: {
      value: { is: 'named', of: 'service', least: 1, most: 50 },
      otherwise: 'one service, web',
      means: 'The long-running programs of the app, by name; only web may leave out its command.',
      example:
        'services:\n  web: { command: node server.js }\n  worker: { command: node worker.js }',
    },
    jobs: {
      value: { is: 'named', of: 'job', least: 0, most: 50 },
      otherwise: 'no jobs',
      means: 'Commands that run to their end, by name.',
      example: 'jobs:\n  migrate: { command: npm run migrate, when: before-rollout }',
    },
    routes: {
      value: { is: 'list', of: 'route', most: 200 },
      otherwise: 'one route to web, if there is a service of that name',
      means: 'Which hosts and paths lead to which service.',
      example: 'routes:\n  - { host: shop.example.com, service: web }',
    },
    settings: {
      value: { is: 'settings' },
      otherwise: 'none',
      means:
        'Variables of the environment of builds, jobs and instances; naru settings set is stronger.',
      example: 'settings: { LOG_LEVEL: info }',
    },
    secrets: {
      value: { is: 'secrets' },
      otherwise: 'none',
      means:
        'Names of the secrets without which nothing is deployed; naru secret set gives them values.',
      example: 'secrets: [DATABASE_URL, SESSION_KEY]',
    },
    strategy: {
      value: strategy,
      default: defaultSpec.strategy,
      means:
        'How a release replaces the one before it: blue-green moves all traffic at once and keeps the old release warm; rolling replaces instance by instance, and both answer meanwhile; recreate stops the old one first, and nobody answers meanwhile.',
      example: 'strategy: rolling',
    },
    deploy: {
      value: deploy,
      default: defaultSpec.deploy,
      means: 'Whether a push goes live by itself, or is only built until naru deploy says so.',
      example: 'deploy: manual',
    },
    environments: {
      value: { is: 'named', of: 'environment', least: 0, most: 50 },
      otherwise: 'the same everywhere',
      means: 'What differs in an environment, by its name.',
      example: 'environments:\n  staging: { branch: develop, settings: { LOG_LEVEL: debug } }',
    },
  },
  build: {
    command: {
      value: { is: 'command' },
      otherwise: 'found out from the files',
      means: 'What builds the app, after its dependencies are installed.',
      example: 'command: npm run build',
    },
    folder: {
      value: { is: 'folder' },
      default: defaultBuild.folder,
      means: "The app's folder in the repository.",
      example: 'folder: apps/web',
    },
    output: {
      value: { is: 'folder' },
      otherwise: 'found out after the build',
      means:
        'The folder of static files that the build makes, inside build.folder; it is served where no command starts the app.',
      example: 'output: dist',
    },
    fallback: {
      value: { is: 'flag' },
      default: defaultBuild.fallback,
      means: 'Whether a path of a static site that does not exist is answered with index.html.',
      example: 'fallback: true',
    },
    timeout: {
      value: { is: 'duration', least: 1, most: day },
      default: '20m',
      means: 'How long all steps of a build may take together.',
      example: 'timeout: 40m',
    },
    ...imageBuild,
  },
  service: {
    command: {
      value: { is: 'command' },
      otherwise: 'found out by the build, for web alone',
      means:
        'What starts the service: a text is run as /bin/sh -c TEXT, a list is started as it is.',
      example: 'command: node server.js',
    },
    replicas: {
      value: { is: 'whole-number', least: 0, most: 50 },
      default: defaultService.replicas,
      means: 'How many instances run; naru scale is stronger.',
      example: 'replicas: 2',
    },
    health: {
      value: { is: 'mapping', of: 'health' },
      otherwise: 'GET / every 2s',
      means: 'How instances are checked.',
      example: 'health: { path: /healthz }',
    },
    'healthy-for': {
      value: { is: 'duration', least: 0, most: day },
      default: '2s',
      means: 'How long all instances must have been healthy before traffic moves to them.',
      example: 'healthy-for: 5s',
    },
    'healthy-within': {
      value: { is: 'duration', least: 0.1, most: day },
      default: '60s',
      means: 'How long after their start they must be, at the latest.',
      example: 'healthy-within: 2m',
    },
    settle: {
      value: { is: 'duration', least: 0, most: day },
      default: '10s',
      means: 'How long a release is watched under traffic before it is stable.',
      example: 'settle: 30s',
    },
    stop: {
      value: { is: 'mapping', of: 'stop' },
      otherwise: 'SIGTERM and 30s',
      means: 'How instances are ended.',
      example: 'stop: { grace: 10s }',
    },
    overlap: {
      value: { is: 'choice', of: ['allowed', 'none'] },
      default: defaultService.overlap,
      means:
        'Whether old and new instances may run at the same time; none is for services without a route alone.',
      example: 'overlap: none',
    },
    ...container,
  },
  resources,
  replicas: {},
  health: {
    path: {
      value: { is: 'request-path' },
      default: health.path,
      means:
        'Asked with GET on a service that has a route; an answer below 500 is healthy. Any other service is healthy while it runs.',
      example: 'path: /healthz',
    },
    after: {
      value: { is: 'duration', least: 0, most: hour },
      default: '0s',
      means: 'How long after its start an instance is asked for the first time.',
      example: 'after: 2s',
    },
    every: {
      value: { is: 'duration', least: 0.1, most: hour },
      default: '2s',
      means: 'How often it is asked.',
      example: 'every: 5s',
    },
    timeout: {
      value: { is: 'duration', least: 0.01, most: hour },
      default: '1s',
      means: 'How long the answer may take.',
      example: 'timeout: 500ms',
    },
  },
  stop: {
    signal: {
      value: { is: 'choice', of: signals },
      default: defaultService.stop.signal,
      means: 'The signal that asks an instance to end.',
      example: 'signal: SIGINT',
    },
    grace: {
      value: { is: 'duration', least: 0, most: hour },
      default: '30s',
      means: 'How long it may take to end before it is killed.',
      example: 'grace: 10s',
    },
  },
  job: {
    command: {
      value: { is: 'command' },
      otherwise: 'none: every job has one',
      means: 'What the job runs, in the environment of the release.',
      example: 'command: npm run migrate',
    },
    when: {
      value: { is: 'choice', of: ['before-rollout', 'by-hand'] },
      default: 'by-hand',
      means:
        'before-rollout runs once for each release, before any of its instances starts, and there is no rollout unless it succeeds; by-hand runs when naru jobs run asks for it.',
      example: 'when: before-rollout',
    },
    timeout: {
      value: { is: 'duration', least: 1, most: day },
      default: '10m',
      means: 'How long it may run before it is ended and has failed.',
      example: 'timeout: 1h',
    },
  },
  route,
  timeouts,
  limits,
  environment: {
    branch: {
      value: { is: 'branch' },
      otherwise: 'main for production, its own name for any other',
      means: 'The branch whose pushes come to this environment.',
      example: 'branch: develop',
    },
    deploy: {
      value: deploy,
      otherwise: 'the top-level deploy',
      means: 'Stands in for the top-level deploy.',
      example: 'deploy: manual',
    },
    strategy: {
      value: strategy,
      otherwise: 'the top-level strategy',
      means: 'Stands in for the top-level strategy.',
      example: 'strategy: recreate',
    },
    settings: {
      value: { is: 'settings' },
      otherwise: 'the top-level settings',
      means: 'Added to the top-level settings; the same name is stronger here.',
      example: 'settings: { LOG_LEVEL: debug }',
    },
    secrets: {
      value: { is: 'secrets' },
      otherwise: 'the top-level secrets',
      means: 'Added to the top-level secrets.',
      example: 'secrets: [DEBUG_TOKEN]',
    },
    routes: {
      value: { is: 'list', of: 'route', most: 200 },
      otherwise: 'the top-level routes',
      means: 'Stands in for all of the top-level routes.',
      example: 'routes:\n  - { host: staging.example.com }',
    },
    services: {
      value: { is: 'named', of: 'environmentService', least: 0, most: 50 },
      otherwise: 'the top-level services',
      means: 'What differs in services that the top level has, by name.',
      example: 'services:\n  web: { replicas: 3 }',
    },
  },
  environmentService: {
    replicas: {
      value: { is: 'whole-number', least: 0, most: 50 },
      otherwise: 'the top-level number',
      means: 'How many instances run here; naru scale is stronger.',
      example: 'replicas: 3',
    },
  },
} as const satisfies Record<SpecMapping, Record<string, KeyDefinition>>

export type SpecKey<M extends SpecMapping> = keyof (typeof definition)[M] & string
