/** A text is run as `/bin/sh -c TEXT`; a list is started as it is. */
export type Command = string | readonly [string, ...string[]]

/** What `naru.yaml` says for one environment, every default filled in. */
export type Spec = {
  /** Undefined where the file does not name it; the remote's name decides then. */
  app?: string
  build: { command?: Command }
  services: Record<string, ServiceSpec>
  routes: RouteSpec[]
  settings: Record<string, string>
  /** Names only. */
  secrets: string[]
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
}

export const defaultService: ServiceSpec = {
  replicas: 1,
  health: { path: '/', afterSeconds: 0, everySeconds: 2, timeoutSeconds: 1 },
  healthyForSeconds: 2,
  healthyWithinSeconds: 60,
  settleSeconds: 10,
  stop: { signal: 'SIGTERM', graceSeconds: 30 },
  overlap: 'allowed',
}

/** What an app without a `naru.yaml` gets: one routed service `web`. */
export const defaultSpec: Spec = {
  build: {},
  services: { web: defaultService },
  routes: [{ path: '/', service: 'web' }],
  settings: {},
  secrets: [],
}
