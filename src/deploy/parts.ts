import type { Clock } from '../base/clock.ts'
import type { DiskUse } from '../base/disk.ts'
import type { Log } from '../base/log.ts'
import type { Engine } from '../engine/engine.ts'
import type { Artifact } from '../model/artifact.ts'
import type { Build } from '../model/build.ts'
import type { EngineName } from '../model/engine.ts'
import type { Spec } from '../model/spec.ts'
import type { Router } from '../route/router.ts'
import type { Store } from '../store/store.ts'
import type { FaultHook } from './fault.ts'

/** What the conductor is given: the doors to the outside, built and joined by `main`. */
export type Parts = {
  store: Store
  engine: Engine
  router: Router
  source: Source
  /** Runs one build to its artifact; rejects with a `build.*` error, or when the signal aborts it. */
  build(job: BuildJob, signal: AbortSignal): Promise<BuildResult>
  /** Removes what the app's builds left: logs, caches. */
  forgetBuilds(app: string): Promise<void>
  clock: Clock
  log: Log
  fault: FaultHook
  /** After so long of trying, the reducer is told that an effect does not come true. */
  stuckAfterMs: number
  domain: string
  /** Port of the router as visitors reach it. */
  httpPort: number
  /** Makes an engine ready to be built for and run on. Throws `engine.unavailable`. */
  useEngine(engine: EngineName): Promise<void>
  /** How full the disks are on which builds, their artifacts and the store are kept. */
  disks(): Promise<DiskUse[]>
  /** Builds at once. */
  builders: number
}

/** The commits that were pushed. */
export interface Source {
  ensure(app: string): Promise<void>
  remove(app: string): Promise<void>
  /** `commit.unknown` when it was never pushed. */
  commitInfo(app: string, commit: string): Promise<{ commit: string; title: string; tree: string }>
  readFile(app: string, commit: string, path: string): Promise<string | undefined>
  /** The root folder of the commit. */
  listFiles(app: string, commit: string): Promise<{ name: string; kind: string }[]>
  /** A commit that is built or served stays, whatever its branch does. */
  keep(app: string, commit: string): Promise<void>
  /** Lets go of every kept commit that is not among these. */
  collect(app: string, commits: ReadonlySet<string>): Promise<void>
  moveRef(app: string, branch: string, commit: string): Promise<void>
  /** Takes the branch away; one that is not there is fine. */
  dropRef(app: string, branch: string): Promise<void>
}

export type BuildJob = { build: Build; tree: string; spec: Spec; engine: EngineName }
export type BuildResult = { artifact: Artifact; reused: boolean; seconds: number }

/** How long the release that was stable keeps running after another became it. */
export const warmMs = 10 * 60_000

/** How long a table may take to be served before a deployment is paused. */
export const defaultStuckAfterMs = 60_000
