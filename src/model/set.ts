import type { Secret } from '../base/secret.ts'
import { type Place, placeKey } from './environment.ts'
import type { Command, HealthSpec, StopSignal } from './spec.ts'

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
  /** Absolute path of the slug, which is also the working folder. */
  folder: string
  command: Command
  /** The release's settings and secrets. The engine adds PORT, HOST, PATH, HOME, TMPDIR, TZ, LANG and NARU_*. */
  environment: Record<string, string | Secret>
  health: HealthSpec
  stop: { signal: StopSignal; graceSeconds: number }
}
