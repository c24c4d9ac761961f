import type { Problem } from '../base/error.ts'
import type { Status } from './rollout.ts'

/** What each kind of event carries. Data only: `contract/words` makes the sentences. */
export type EventData = {
  'app.created': { by: string }
  'app.destroyed': { by: string }
  'settings.changed': { names: string[]; by: string }
  'secrets.changed': { names: string[]; by: string }
  'build.queued': { build: number; commit: string; title: string; by: string }
  'build.started': { build: number }
  'build.succeeded': { build: number; seconds: number; artifact: string; reused: boolean }
  'build.failed': { build: number; problem: Problem }
  'build.superseded': { build: number; by: number }
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
  /** Services are being started. */
  'deployment.starting': { deployment: number; release: number; services: string[] }
  'deployment.live': { deployment: number; release: number; seconds: number; urls: string[] }
  'deployment.ended': {
    deployment: number
    release: number
    status: Status
    serving: number | null
    problem: Problem | null
    seconds: number
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
