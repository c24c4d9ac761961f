import { NaruError } from '../base/error.ts'
import type { BuildReason } from '../model/build-reason.ts'
import type { Command, Spec, StepSpec } from '../model/spec.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  type Machine,
  needsStart,
  type Recipe,
  type Step,
  sayCommand,
} from './recipe-types.ts'
import { commandRecipe } from './recipes/command.ts'
import { goRecipe } from './recipes/go.ts'
import { javaRecipe } from './recipes/java.ts'
import { nodeRecipe } from './recipes/node.ts'
import { findProcfile, type Procfile } from './recipes/procfile.ts'
import { pythonRecipe } from './recipes/python.ts'
import { rustRecipe } from './recipes/rust.ts'
import {
  buildStep,
  sayBuild,
  serve,
  siteFolder,
  siteOf,
  staticFolder,
  staticRecipe,
} from './recipes/static.ts'

/** The first that knows the files makes the recipe. */
const languages: readonly FindRecipe[] = [
  nodeRecipe,
  pythonRecipe,
  goRecipe,
  rustRecipe,
  javaRecipe,
]

/**
 * Finds out how to build the files of the app's folder. Throws `build.unrecognised` where nothing is known, and
 * each language its own `build.*` where it is known and something is missing.
 */
export async function recipeFor(files: CommitFiles, spec: Spec, machine: Machine): Promise<Recipe> {
  const procfile = await findProcfile(files)
  // An output folder that naru.yaml names is what it wants to be served, whatever else there is to start.
  const output = needsStart(spec) ? spec.build.output : undefined
  const given: Record<string, Command> = {
    ...procfile?.services,
    ...(output === undefined ? {} : { web: serve(siteFolder, spec.build.fallback) }),
  }
  const whole = withCommands(spec, given)
  const found =
    procfile !== null && output === undefined && namesWorkersAlone(procfile, spec)
      ? await besideWorkers(files, whole, machine)
      : await firstRecipe(files, whole, machine, procfile !== null)
  if (found === null) throw new NaruError('build.unrecognised', { files: rootNames(files.paths) })
  const served = output === undefined || found.site ? found : siteOf(found, [output], spec)
  const started = procfile === null ? served : startedBy(procfile, served, spec)
  return withPipeline(started, spec.pipeline)
}

const namesWorkersAlone = ({ services }: Procfile, { servicesNamed }: Spec): boolean =>
  !servicesNamed && Object.keys(services).length > 0 && !Object.hasOwn(services, 'web')

/**
 * For a Procfile of workers alone: `web` is what the language itself starts, and where that says nothing, there is none. A
 * site that is only guessed does not count either: nothing but it would be left for the workers.
 */
async function besideWorkers(
  files: CommitFiles,
  spec: Spec,
  machine: Machine,
): Promise<Recipe | null> {
  const withWeb = await firstRecipe(files, spec, machine, true).catch((error: unknown) => {
    if (error instanceof NaruError && error.code === 'build.no-start') return null
    throw error
  })
  if (withWeb !== null && withWeb.site === undefined) return withWeb
  const recipe = await firstRecipe(files, { ...spec, services: {} }, machine, true)
  const reason = { is: 'procfile-workers' as const }
  return recipe && { ...recipe, reasons: [...recipe.reasons, reason] }
}

async function firstRecipe(
  files: CommitFiles,
  spec: Spec,
  machine: Machine,
  hasProcfile: boolean,
): Promise<Recipe | null> {
  for (const find of languages) {
    const recipe = await find(files, spec, machine)
    if (recipe !== null) return recipe
  }
  if (spec.build.output !== undefined) return staticRecipe(files, spec, machine)
  if (hasProcfile && !needsStart(spec)) return byProcfile(spec)
  if (hasProcfile && staticFolder(files) === null)
    throw new NaruError('build.no-start', { found: 'a Procfile without web' })
  return (await commandRecipe(files, spec, machine)) ?? (await staticRecipe(files, spec, machine))
}

function byProcfile(spec: Spec): Recipe {
  return {
    ...emptyRecipe('procfile'),
    steps: buildStep(spec),
    reasons: [{ is: 'files-as-they-are', commands: false }, ...sayBuild(spec)],
  }
}

/** What the Procfile starts, over what was found out; the spec's own commands are over both, where the release is made. */
function startedBy({ services, jobs }: Procfile, recipe: Recipe, spec: Spec): Recipe {
  const { web, ...others } = services
  // The folder that is served, where naru.yaml names one.
  const kept = recipe.site === undefined && web !== undefined ? { web } : {}
  const found = { ...kept, ...others }
  const own = Object.keys(found).filter((name) => spec.services[name]?.command !== undefined)
  const reasons = Object.entries(found)
    .filter(([name]) => !own.includes(name))
    .map(([service, command]): BuildReason => {
      return { is: 'procfile-start', service, command: sayCommand(command) }
    })
  return {
    ...recipe,
    services: { ...recipe.services, ...found },
    jobs: { ...recipe.jobs, ...jobs },
    reasons: [
      ...recipe.reasons,
      ...reasons,
      ...own.map((service): BuildReason => ({ is: 'procfile-overruled', service })),
      ...Object.values(jobs).map(({ command }): BuildReason => {
        return { is: 'procfile-release', command: sayCommand(command) }
      }),
    ],
  }
}

/** The spec with these commands where it has none of its own, so that no language looks for a start that nobody needs. */
function withCommands(spec: Spec, commands: Readonly<Record<string, Command>>): Spec {
  const services = Object.entries(spec.services).map(([name, service]) => {
    const command = service.command ?? commands[name]
    return [name, command === undefined ? service : { ...service, command }] as const
  })
  return { ...spec, services: Object.fromEntries(services) }
}

/** Tests come when the dependencies are there and before anything is built from what they would refuse. */
function withPipeline(recipe: Recipe, pipeline: readonly StepSpec[]): Recipe {
  const at = recipe.steps.findLastIndex((step) => step.name === 'install') + 1
  const steps: Step[] = pipeline.map(({ name, command }) => ({ name, command }))
  return { ...recipe, steps: recipe.steps.toSpliced(at, 0, ...steps) }
}

/** What lies in the app's folder, folders with a slash, for a sentence: not more than 20. */
function rootNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => path.replace(/\/.*$/s, '/'))
  return [...new Set(names)].sort().slice(0, 20)
}
