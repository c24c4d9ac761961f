import type { EngineName } from './engine.ts'

/** The environment that every app has, and that a push to `main` deploys unless something else is said. Others come with `naru env`. */
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
  /** The branch that `naru env create` was told; null: the usual one. What `naru.yaml` says is stronger. */
  branch: string | null
  /** What its pushes are built for, and so what runs it; null: what the server runs where nothing is said. */
  engine: EngineName | null
}

/** The branch whose pushes an environment deploys where nobody says another. */
export const usualBranch = (environment: string): string =>
  environment === production ? 'main' : environment
