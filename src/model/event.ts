import type { LaterWish, Problem } from '../base/error.ts'
import type { EngineName } from './engine.ts'
import type { JobRunStatus } from './job.ts'
import type { Slowness, Status } from './rollout.ts'
import type { Strategy } from './spec.ts'
import type { TokenKind } from './token.ts'

/** What each kind of event carries. Data only: `contract/words` makes the sentences. */
export type EventData = {
  'app.created': { by: string }
  'app.destroyed': { by: string }
  'environment.created': { by: string; branch: string | null; from: string | null }
  'environment.destroyed': { by: string }
  /** Null: as many as the releases say. */
  'scale.changed': { services: Record<string, number | null>; by: string }
  /** Of an environment, or of the server where no app is named; null: what the server builds for. */
  'engine.chosen': { engine: EngineName | null; by: string }
  'registry.logged-in': { host: string; user: string; by: string }
  'registry.logged-out': { host: string; by: string }
  'token.created': { name: string; kind: TokenKind; by: string }
  'token.revoked': { name: string; by: string }
  'key.rotated': { secrets: number; by: string }
  'settings.changed': { names: string[]; by: string }
  'secrets.changed': { names: string[]; by: string }
  'build.queued': { build: number; commit: string; title: string; by: string }
  'build.started': { build: number }
  'build.succeeded': { build: number; seconds: number; artifact: string; reused: boolean }
  'build.failed': { build: number; problem: Problem }
  'build.superseded': { build: number; by: number }
  'build.cancelled': { build: number; by: string }
  'build.overtaken': { build: number; wish: LaterWish; release: number; by: string }
  'release.created': { release: number; build: number; commit: string; reason: string }
  'deployment.queued': {
    deployment: number
    release: number
    kind: 'release' | 'rollback'
    by: string
  }
  /** One step of the story. `serving` is the release that users reached when it happened. */
  'deployment.moved': {
    deployment: number
    release: number
    from: Status
    to: Status
    serving: number | null
    problem: Problem | null
    settleSeconds: number
  }
  /** Services came up: `services` names those that are healthy now. */
  'deployment.healthy': { deployment: number; release: number; services: string[] }
  /** A service takes long to become healthy: what is wrong so far, told once of what is started at a time. */
  'deployment.slow': { deployment: number; release: number } & Slowness
  /** Services are being started; those that run already are not named. */
  'deployment.starting': { deployment: number; release: number; services: string[] }
  /** Said where it is another than blue-green and there is a release, `from`, to replace. */
  'deployment.strategy': {
    deployment: number
    release: number
    from: number
    strategy: Exclude<Strategy, 'blue-green'>
  }
  /** So many of the service's instances, of the number that it shall have, are of the release and get traffic. */
  'deployment.rolled': {
    deployment: number
    release: number
    service: string
    instances: number
    replicas: number
  }
  /** Nothing answers from here on, since what served, `from`, ends before the release starts. */
  'deployment.silent': { deployment: number; release: number; from: number }
  /** `serving` answers after so long in which nothing did. */
  'deployment.answering': {
    deployment: number
    release: number
    serving: number | null
    silentSeconds: number
  }
  'deployment.live': { deployment: number; release: number; seconds: number; urls: string[] }
  'deployment.ended': {
    deployment: number
    release: number
    status: Status
    serving: number | null
    problem: Problem | null
    seconds: number
  }
  /** `deployment`: the one that needs it; missing where it was asked for by hand. */
  'job.started': { run: number; release: number; job: string; by: string; deployment?: number }
  'job.ended': {
    run: number
    release: number
    job: string
    status: JobRunStatus
    exitCode: number | null
    signal: string | null
    seconds: number
    deployment?: number
  }
  'stable.moved': { from: number | null; to: number }
  'warm.ended': { release: number }
  'instance.ended': {
    instance: string
    service: string
    release: number
    exit: string
    restarts: number
  }
  'router.restarted': Record<never, never>
  'route.refused': { host: string; reason: string }
}

export type EventKind = keyof EventData

/** One entry of the one log from which every story is told. `id` grows; `at` is ISO 8601 in UTC. */
export type NaruEvent = {
  [K in EventKind]: {
    id: number
    at: string
    /** Null for what belongs to the whole server. */
    app: string | null
    environment: string | null
    kind: K
    data: EventData[K]
  }
}[EventKind]

/** An event before it has a place in the log. */
export type NewEvent = {
  [K in EventKind]: { app: string | null; environment: string | null; kind: K; data: EventData[K] }
}[EventKind]
