import type { Generated, Kysely } from 'kysely'
import type { EngineName } from '../model/engine.ts'
import type { Place } from '../model/environment.ts'

/** Reads or changes the store: `store.db`, or the transaction that `store.write` hands out. */
export type Db = Kysely<Tables>

/**
 * Every table as its rows lie in the file. Column names are those of the model; a truth value is 0 or 1, a
 * time ISO 8601 in UTC, a text of type `Json` what `json.ts` reads and writes.
 */
export type Tables = {
  apps: { number: Generated<number>; name: string; createdAt: string }
  environments: Place & {
    stable: number | null
    warmRelease: number | null
    warmUntilServed: number | null
    branch: string | null
    engine: Generated<EngineName | null>
  }
  engineChoice: { id: number; engine: EngineName; why: Json; at: string }
  registries: { host: string; user: string; sealed: Uint8Array; setAt: string }
  /** What the store has forgotten and the disk may not have; environment empty: the whole app. */
  removals: Place
  scales: Place & { service: string; replicas: number }
  settings: Place & { name: string; value: string }
  /** One row a name for ever: `latest` counts on after the secret was unset, so that no version means two values. */
  secrets: Place & { name: string; latest: number; isSet: number }
  secretVersions: Place & { name: string; version: number; sealed: Uint8Array; setAt: string }
  builds: Place & {
    id: Generated<number>
    number: number
    status: string
    source: Generated<string>
    deploys: Generated<number>
    warnings: Generated<Json>
    /** What it would route to when it is released: hosts and paths that nobody else may claim meanwhile. */
    routes: Generated<Json>
    commit: string
    title: string
    by: string
    queuedAt: string
    startedAt: string | null
    endedAt: string | null
    artifact: string | null
    problem: Json | null
    deployment: number | null
  }
  artifacts: {
    app: string
    digest: string
    /** Empty where there is an image. */
    folder: string
    image: Generated<string | null>
    services: Json
    jobs: Json
    environment: Generated<Json>
    workingFolder: Generated<string>
    keptAt: string
  }
  releases: Place & {
    number: number
    commit: string
    title: string
    build: number
    artifact: string
    services: Json
    jobs: Json
    routes: Json
    strategy: string
    promotedFrom: Json | null
    settings: Json
    secrets: Json
    createdAt: string
    by: string
    reason: string
    stableAt: string | null
    lastStableAt: string | null
    /** Counts up each time a release of the environment becomes stable: an order that no clock can upset. */
    stableTurn: number | null
  }
  deployments: Place & {
    id: Generated<number>
    number: number
    release: number
    from: number | null
    status: string
    rollout: Json
    by: string
    queuedAt: string
    startedAt: string | null
    liveAt: string | null
    endedAt: string | null
  }
  events: {
    id: Generated<number>
    at: string
    app: string | null
    environment: string | null
    kind: string
    /** `data.deployment`, while its app exists. */
    deployment: number | null
    data: Json
  }
  ports: { port: number; instance: string }
  jobRuns: Place & {
    number: number
    release: number
    job: string
    status: string
    by: string
    deployment: number | null
    startedAt: string
    endedAt: string | null
    exitCode: number | null
    signal: string | null
  }
  tokens: {
    name: string
    hash: string
    permission: string
    createdAt: string
    createdBy: string | null
    lastUsedAt: Generated<string | null>
  }
  clock: { id: number; servedMs: number }
  routeTable: { id: number; number: number; routes: Json }
}

export type Json = string
