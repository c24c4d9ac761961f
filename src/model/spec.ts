import type { RouteLimits, RouteTimeouts } from './route-bounds.ts'

/** A text is run as `/bin/sh -c TEXT`; a list is started as it is, and an empty one is what the image starts by itself. */
export type Command = string | readonly string[]

/** What `naru.yaml` says for one environment, every default filled in. */
export type Spec = {
  /** Undefined where the file does not name it; the remote's name decides then. */
  app?: string
  build: BuildSpec
  /** One that is made elsewhere, "ghcr.io/team/shop:1.2"; nothing is built then. */
  image?: string
  /** Run between install and build, in this order; all must pass before there is a release. */
  pipeline: StepSpec[]
  services: Record<string, ServiceSpec>
  /** Whether the file names its services; where it does not, those that the build finds are taken too. */
  servicesNamed: boolean
  jobs: Record<string, JobSpec>
  routes: RouteSpec[]
  settings: Record<string, string>
  /** Names only. */
  secrets: string[]
  strategy: Strategy
  /** `manual`: a push builds and tests, and only `naru deploy` makes it live. */
  deploy: 'on-push' | 'manual'
  /** The branch whose pushes come to this environment; undefined where the file does not name one. */
  branch?: string
}

/** `rolling`: a few at a time, both releases answer meanwhile. `recreate`: the old one ends first, nobody answers meanwhile. */
export type Strategy = 'blue-green' | 'rolling' | 'recreate'

export type BuildSpec = {
  /** Undefined: found out from the files. */
  command?: Command
  /** The app's folder in the repository, "apps/web"; "." is all of it. */
  folder: string
  /** Folder of static files that the build makes, served as they are; undefined: found out. */
  output?: string
  /** Whether an unknown path of a static site is answered with its index.html. */
  fallback: boolean
  /** All steps together; a build that takes longer is ended. */
  timeoutSeconds: number
  /** Path of its own Dockerfile below `folder`; undefined: `Dockerfile` where there is one, else one is made for it. */
  dockerfile?: string
  /** The stage of it that is built; undefined: the last. */
  target?: string
  /** Build arguments, not secret. */
  args: Readonly<Record<string, string>>
  /** Names of secrets that `RUN --mount=type=secret` may read. */
  secrets: readonly string[]
  /** Packages of Debian that the image has besides. */
  packages: readonly string[]
}

export type StepSpec = { name: string; command: Command }

/** `before-rollout`: once for each release, to success, before any of its instances starts. `by-hand`: only when asked for. */
export type JobSpec = {
  command: Command
  when: 'before-rollout' | 'by-hand'
  timeoutSeconds: number
}

export type ServiceSpec = {
  /** Undefined: found out by the build. Only `web` may leave it out. */
  command?: Command
  replicas: number
  health: HealthSpec
  /** How long all instances must have been healthy before traffic moves to them. */
  healthyForSeconds: number
  /** The latest time after their start at which they must be. */
  healthyWithinSeconds: number
  /** How long the release is watched under traffic before it is stable. */
  settleSeconds: number
  stop: { signal: StopSignal; graceSeconds: number }
  /** `none`: the old instances end before the new ones start. Only for a service without a route. */
  overlap: 'allowed' | 'none'
  /** Where it listens in its container; undefined: the port that the image names, or what PORT says. */
  port?: number
  resources: Resources
  /** Names of volumes, each with the absolute path at which its data appears. */
  volumes: Readonly<Record<string, string>>
}

/** What one instance may use at most; undefined: what the engine's default is, `defaultResources`. */
export type Resources = {
  /** Cores, 0.5. */
  cpu?: number
  memoryBytes?: number
  /** Processes and threads. */
  pids?: number
  /** Bytes a second from and to disks, where the system can. */
  ioBytesPerSecond?: number
}

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2'

export type HealthSpec = {
  /** Asked with GET on a routed service; an answer below 500 is healthy. Ignored without a route. */
  path: string
  afterSeconds: number
  everySeconds: number
  timeoutSeconds: number
}

export type RouteSpec = {
  /** Undefined: `<app>.<domain>`, or `<app>-<environment>.<domain>` outside production. */
  host?: string
  /** Starts with a slash; "/" is everything. */
  path: string
  service: string
  /** Undefined where the file says nothing of them: `defaultTimeouts`. */
  timeouts?: RouteTimeouts
  /** The same: `defaultLimits`. */
  limits?: RouteLimits
}

export const defaultService: ServiceSpec = {
  replicas: 1,
  health: { path: '/', afterSeconds: 0, everySeconds: 2, timeoutSeconds: 1 },
  healthyForSeconds: 2,
  healthyWithinSeconds: 60,
  settleSeconds: 10,
  stop: { signal: 'SIGTERM', graceSeconds: 30 },
  overlap: 'allowed',
  resources: {},
  volumes: {},
}

export const defaultBuild: BuildSpec = {
  folder: '.',
  fallback: false,
  timeoutSeconds: 20 * 60,
  args: {},
  secrets: [],
  packages: [],
}

export const defaultJobTimeoutSeconds = 10 * 60

/** What an app without a `naru.yaml` gets: one routed service `web`. */
export const defaultSpec: Spec = {
  build: defaultBuild,
  pipeline: [],
  services: { web: defaultService },
  servicesNamed: false,
  jobs: {},
  routes: [{ path: '/', service: 'web' }],
  settings: {},
  secrets: [],
  strategy: 'blue-green',
  deploy: 'on-push',
}
