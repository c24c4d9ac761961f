import type { BuildReason } from './build-reason.ts'
import type { ForeignNote } from './foreign-note.ts'
import type { Command, JobSpec, Spec } from './spec.ts'

/** How files would be built, decided without building: the recipe and the spec together. */
export type BuildPlan = {
  kind: string
  /** What was found and chosen. */
  reasons: BuildReason[]
  /** In their order; `folder` where a step runs elsewhere than in the app's folder. */
  steps: { name: string; command: Command; folder?: string }[]
  services: Record<string, Command>
  jobs: Record<string, JobSpec>
  /** Folders of which the first with an index.html is all that is kept; empty where there is no such site. */
  site: string[]
  /** Keys of other tools' files, none of them applied. */
  foreign: ForeignNote[]
  /** The machine that it was decided for. */
  machine: { node: string; platform: string; arch: string; tools: Record<string, string> }
}

/** Decides it for this machine, for whoever asks. Throws `build.*` for what cannot be built. */
export type PlanBuild = (
  files: readonly PlannedFile[],
  read: (path: string) => Promise<string | undefined>,
  spec: Spec,
) => Promise<BuildPlan>

/**
 * The Dockerfile that an image of these files is built by: their own, or the text of one that is made for them.
 * Throws `build.*` for what cannot be built.
 */
export type PlanDockerfile = (
  ...asked: Parameters<PlanBuild>
) => Promise<{ own: string } | { made: string }>

export type PlannedFile = { path: string; kind: 'file' | 'link' | 'submodule' }
