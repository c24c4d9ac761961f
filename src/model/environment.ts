/** The environment that a push to `main` deploys. Others come with `naru env`. */
export const production = 'production'

/** Which environment of which app: what every table, path and set key carries. */
export type Place = { app: string; environment: string }

/** "shop/production": the one way a place is written as a key. */
export const placeKey = ({ app, environment }: Place): string => `${app}/${environment}`

/** What an environment points to. `served` is `Clock.served()` milliseconds. */
export type Environment = Place & {
  /** The release that the environment points to; null before its first success. */
  stable: number | null
  /** The release that was stable before, still running for a rollback by flip, until then. */
  warm: { release: number; untilServed: number } | null
}
