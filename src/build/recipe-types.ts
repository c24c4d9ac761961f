import type { BuildReason } from '../model/build-reason.ts'
import type { Command, JobSpec, Spec } from '../model/spec.ts'

/** Finds out how the files of one language become an artifact; null: they are not of this language. */
export type FindRecipe = (
  files: CommitFiles,
  spec: Spec,
  machine: Machine,
) => Promise<Recipe | null>

/** How a commit becomes an artifact: plain data, the same for the same input. */
export type Recipe = {
  kind: 'node' | 'python' | 'go' | 'rust' | 'java' | 'static' | 'procfile' | 'command'
  /** In this order; the steps of the pipeline are put in after the last `install` by the dispatcher. */
  steps: Step[]
  /** How to start each service for which the spec does not say. */
  services: Record<string, Command>
  /** Jobs that the files name. */
  jobs: Record<string, JobSpec>
  /** Why it is so, for the build's log: "npm ci from package-lock.json". */
  reasons: BuildReason[]
  /** Plain variables that the steps and the instances get; the app's settings are stronger. */
  environment: Record<string, string>
  /** Versions of the machine's tools that the artifact depends on, "python3": "3.11.2"; Node.js is always one. */
  tools: Record<string, string>
  /** Static files that are all of the artifact: the first of these folders that has an index.html after the build. */
  site?: { folders: string[]; fallback: boolean }
  /** Folders that are removed before the slug is frozen, "target": what no instance needs. */
  leaves?: string[]
  /** The app's folder where the slug holds the whole commit, "apps/web": a workspace. Absent: the slug holds only that folder. */
  workingFolder?: string
}

export type Step = {
  /** `install`, `build`, `prune`, or the name that the pipeline gives it. */
  name: string
  command: Command
  /** Where it runs, below the slug; else in the working folder. */
  folder?: string
  /** Key of everything that decides what the step makes in `keeps`; absent: it is done anew in each build. */
  cached?: string
  /** Folders below the slug that the step makes and the key keeps: `node_modules` (the default), `.venv`. */
  keeps?: string[]
  /** Files, or folders of files, in which the step writes the slug's path: `.venv/bin`. Corrected when they come from the cache. */
  moved?: string[]
}

/** The files of a commit as seen from the app's folder. Paths have no leading slash and never `..`. */
export interface CommitFiles {
  /** Every file and link below the folder, "src/main.py". */
  readonly paths: readonly string[]
  has(path: string): boolean
  /** Text of a file, through links within the commit; null where there is none. */
  read(path: string): Promise<string | null>
  /** The whole commit, and where in it the app's folder lies, "apps/web"; null where that is all of it. */
  readonly within: { files: CommitFiles; folder: string } | null
}

/** What binds an artifact to where it was made. `abi` is Node.js' module version, "115". */
export type Machine = {
  nodeVersion: string
  abi: string
  platform: string
  arch: string
  /** A program that the account of the builds can start; null where there is none. Asking twice costs nothing. */
  tool(name: string): Promise<Tool | null>
}

/** `version` as the program says it, digits and dots: "3.11.2". */
export type Tool = { path: string; version: string }

/** Whether `web` must be started by what the files say. */
export function needsStart(spec: Spec): boolean {
  const web = spec.services['web']
  return web !== undefined && web.command === undefined
}

/** Whether the spec says how everything is started. */
export const hasOwnCommands = (spec: Spec): boolean =>
  Object.values(spec.services).some((service) => service.command !== undefined) && !needsStart(spec)

/** A recipe with nothing to do, to be filled in. */
export const emptyRecipe = (kind: Recipe['kind']): Recipe => ({
  kind,
  steps: [],
  services: {},
  jobs: {},
  reasons: [],
  environment: {},
  tools: {},
})

/** A command as one line for people. */
export const sayCommand = (command: Command): string =>
  typeof command === 'string' ? command : command.join(' ')
