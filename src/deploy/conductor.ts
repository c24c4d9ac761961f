import type { Secret } from '../base/secret.ts'
import type { Build } from '../model/build.ts'
import type { Deployment } from '../model/deployment.ts'
import type { EngineName } from '../model/engine.ts'
import type { Place } from '../model/environment.ts'
import type { NewEnvironment } from './environments.ts'
import type { DeployWish } from './existing.ts'
import type { ScaleChange, ServiceScale } from './scale.ts'

/** What can be asked of the one module that knows the order of the stages. `by` is the name of the asker's token. */
export interface Conductor {
  createApp(app: string, by: string): Promise<void>
  /** Ends everything of the app and removes what Naru made for it. */
  destroyApp(app: string, by: string): Promise<void>
  /** Throws `environment.exists`, `name.invalid`, `host.taken`, `host.too-long`. */
  createEnvironment(app: string, wanted: NewEnvironment, by: string): Promise<void>
  /** Ends everything of the environment and removes it; `environment.production` for the one that goes only with its app. */
  destroyEnvironment(place: Place, by: string): Promise<void>
  /** Takes a push in for the environment that deploys its branch: `push.branch`, `branch.taken`, and what `push` throws. */
  receive(app: string, push: { commit: string; ref: string; by: string }): Promise<Build>
  /**
   * Takes a commit in for an environment: reads and checks its `naru.yaml`, supersedes what waits or has not flipped
   * there, and queues a build. Throws `spec.invalid`, `host.taken`, `secret.missing`, `commit.unknown`.
   */
  push(place: Place, push: { commit: string; by: string; source?: Build['source'] }): Promise<Build>
  /** Ends a build that waits or runs; `build.over` if it has ended. */
  cancelBuild(app: string, build: number, by: string): Promise<Build>
  /** Makes a release of an artifact that exists and deploys it; `deployExisting` says what it throws. */
  deploy(place: Place, wish: DeployWish, by: string): Promise<Deployment>
  /** A deployment of kind `rollback`; of the release that was stable before unless one is named. */
  rollback(place: Place, release: number | undefined, by: string): Promise<Deployment>
  /** Asks a running deployment to go back; `deployment.over` if it has ended. */
  abort(place: Place, deployment: number, by: string): Promise<Deployment>
  /** Changes settings; with `deploy`, and where something is stable, makes a release of the same artifact and deploys it. */
  changeSettings(place: Place, change: Change<string>, by: string): Promise<Deployment | null>
  changeSecrets(place: Place, change: Change<Secret>, by: string): Promise<Deployment | null>
  /** How many instances each service has to have; of no service before the first release. */
  scale(place: Place): Promise<ServiceScale[]>
  /** Throws `service.unknown`, `scale.zero`. */
  changeScale(place: Place, change: ScaleChange, by: string): Promise<void>
  /** `chooseEngine` says what it does and throws. */
  chooseEngine(place: Place, engine: EngineName | null, by: string): Promise<void>
  chooseServerEngine(engine: EngineName, by: string): Promise<void>
  logInAt(login: { host: string; user: string; password: Secret }, by: string): Promise<void>
  /** Throws `registry.unknown`. */
  logOutAt(host: string, by: string): Promise<void>
  /** The release that users reach now. */
  serving(place: Place): Promise<number | null>
  /** The branch whose pushes come to the environment, as its stable release says. */
  branch(place: Place): Promise<string>
  /** Addresses at which the environment's routes are reached, "http://hello.localhost:8080". */
  urls(place: Place): Promise<string[]>
}

export type Change<V> = { set: Record<string, V>; unset: string[]; deploy: boolean }
