import type { Secret } from '../base/secret.ts'
import type { Build } from '../model/build.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Place } from '../model/environment.ts'

/** What can be asked of the one module that knows the order of the stages. `by` is the name of the asker's token. */
export interface Conductor {
  createApp(app: string, by: string): Promise<void>
  /** Ends everything of the app and removes what Naru made for it. */
  destroyApp(app: string, by: string): Promise<void>
  /**
   * Takes a pushed commit in: reads and checks its `naru.yaml`, supersedes what waits or has not flipped in
   * that environment, and queues a build. Throws `push.*`, `spec.invalid`, `host.taken`, `secret.missing`, `commit.unknown`.
   */
  push(place: Place, push: { commit: string; ref: string; by: string }): Promise<Build>
  /** A deployment of kind `rollback`; of the release that was stable before unless one is named. */
  rollback(place: Place, release: number | undefined, by: string): Promise<Deployment>
  /** Asks a running deployment to go back; `deployment.over` if it has ended. */
  abort(place: Place, deployment: number, by: string): Promise<Deployment>
  /** Changes settings; with `deploy`, and where something is stable, makes a release of the same artifact and deploys it. */
  changeSettings(place: Place, change: Change<string>, by: string): Promise<Deployment | null>
  changeSecrets(place: Place, change: Change<Secret>, by: string): Promise<Deployment | null>
  /** The release that users reach now. */
  serving(place: Place): Promise<number | null>
  /** Addresses at which the environment's routes are reached, "http://hello.localhost:8080". */
  urls(place: Place): Promise<string[]>
}

export type Change<V> = { set: Record<string, V>; unset: string[]; deploy: boolean }
