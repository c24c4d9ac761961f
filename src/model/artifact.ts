import type { Command } from './spec.ts'

/** What a build made and never changes again: on the process engine a slug, a folder at its final path. */
export type Artifact = {
  /** "sha256-" and 64 hex digits over everything that went into the build. */
  digest: string
  app: string
  /** Absolute path of the slug. */
  folder: string
  /** How to start the service `web` where the spec does not say. */
  start: Command | null
}
