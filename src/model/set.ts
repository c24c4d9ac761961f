import type { Secret } from '../base/secret.ts'
import type { ArtifactBody } from './artifact.ts'
import { type Place, placeKey } from './environment.ts'
import type { Command, HealthSpec, Resources, StopSignal } from './spec.ts'

/** The instances of one release for one service. */
export type SetId = Place & { service: string; release: number }

/** "shop/production/web@v42": the one way a set is written as a key. */
export const setKey = (set: SetId): string => `${placeKey(set)}/${set.service}@v${set.release}`

/** All that an engine needs to run instances of a set, again and again. */
export type SetSpec = {
  set: SetId
  /** A routed set is probed by HTTP on its port; any other is healthy while it is alive. */
  routed: boolean
  commit: string
  /** A slug's folder is also the working folder; an image says its own. */
  body: ArtifactBody
  command: Command
  /** Where a container listens; null: what PORT says. The process engine gives every instance a port of its own. */
  port: number | null
  resources: Resources
  /** Names of volumes, each with the absolute path at which its data appears. */
  volumes: Readonly<Record<string, string>>
  /** The release's settings and secrets. The engine adds PORT, HOST, PATH, HOME, TMPDIR, TZ, LANG and NARU_*. */
  environment: Record<string, string | Secret>
  health: HealthSpec
  stop: { signal: StopSignal; graceSeconds: number }
}
