import type { BuildReason } from '../../model/build-reason.ts'
import type { Command, Spec } from '../../model/spec.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  type Recipe,
  sayCommand,
} from '../recipe-types.ts'

/** Where the build puts the static server in a slug. */
export const staticServerPath = '.naru/static-server.cjs'

/** The folder in which a slug keeps the static files that its build made. */
export const siteFolder = 'site'

/** Files that are served as they are: an index.html in the root or in `public/`, or what `build.output` names. */
export const staticRecipe: FindRecipe = async (files, spec) => {
  if (spec.build.output !== undefined) return madeByCommand(spec, spec.build.output)
  const folder = staticFolder(files)
  if (folder === null) return null
  return {
    ...emptyRecipe('static'),
    steps: buildStep(spec),
    services: { web: serve(folder, spec.build.fallback) },
    reasons: [...sayBuild(spec), served([folder], spec)],
  }
}

/** Starts the static server over a folder of the slug. */
export const serve = (folder: string, fallback: boolean): Command => [
  'node',
  staticServerPath,
  folder,
  ...(fallback ? ['--fallback'] : []),
]

/** `public` where only that has an index.html, "." for the root; null where neither has. */
export function staticFolder(files: CommitFiles): '.' | 'public' | null {
  if (files.has('index.html')) return '.'
  return files.has('public/index.html') ? 'public' : null
}

/** What a site that a build makes has in common, whatever makes it: only its files are kept. */
export function siteOf(recipe: Recipe, folders: string[], spec: Spec): Recipe {
  const { fallback } = spec.build
  const { leaves: _, ...others } = recipe
  return {
    ...others,
    kind: 'static',
    // All but the site is dropped, so nothing needs removing from it.
    steps: recipe.steps.filter((step) => step.name !== 'prune'),
    services: { web: serve(siteFolder, fallback) },
    reasons: [...recipe.reasons, served(folders, spec)],
    site: { folders, fallback },
  }
}

/** `build.command` as a step; none where the spec has none. */
export const buildStep = ({ build: { command } }: Spec) =>
  command === undefined ? [] : [{ name: 'build', command }]

/** The reason that goes with `buildStep`. */
export const sayBuild = ({ build: { command } }: Spec): BuildReason[] =>
  command === undefined ? [] : [{ is: 'own-build', command: sayCommand(command) }]

/** Says which folder is served, "." for the root; of several the first with an index.html. */
export function served(folders: string[], { build: { fallback } }: Spec): BuildReason {
  return { is: 'served', folders, fallback }
}

function madeByCommand(spec: Spec, output: string): Recipe {
  const recipe = { ...emptyRecipe('static'), steps: buildStep(spec), reasons: sayBuild(spec) }
  return siteOf(recipe, [output], spec)
}
