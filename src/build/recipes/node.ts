import { posix } from 'node:path'
import { NaruError } from '../../base/error.ts'
import type { BuildReason } from '../../model/build-reason.ts'
import type { Spec } from '../../model/spec.ts'
import { dependencyCache } from '../dependency-key.ts'
import { satisfies } from '../node-range.ts'
import { siteFolders, siteTool } from '../node-site.ts'
import { startOf, startScript } from '../node-start.ts'
import { findManager, type PackageManager } from '../node-tool.ts'
import { findWorkspace, type Workspace } from '../node-workspace.ts'
import {
  hasDependencies,
  hasDevDependencies,
  hasInstallScripts,
  type PackageJson,
  parsePackageJson,
} from '../package-json.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  type Machine,
  needsStart,
  type Recipe,
  type Step,
} from '../recipe-types.ts'
import { isServedByPython } from './python.ts'
import { sayBuild, serve, served, siteOf } from './static.ts'

/**
 * An app with a package.json: packages as the lockfile says, its build script, its start script or the files that it
 * makes. Throws `build.no-start`, `build.no-lockfile`, `build.engine`.
 */
export const nodeRecipe: FindRecipe = async (files, spec, machine) => {
  const text = files.has('package.json') ? await files.read('package.json') : null
  if (text === null) return null
  const json = parsePackageJson(text)
  if (json === null)
    throw new NaruError('build.no-start', { found: 'a package.json that is not valid JSON' })
  if (!startsNode(json, files) && (await isServedByPython(files))) return null
  const node = sayNode(json, files.has('.npmrc') ? await files.read('.npmrc') : null, machine)
  const recipe = await prepared({ json, files, spec, machine })
  return started(json, files, spec, { ...recipe, reasons: [node, ...recipe.reasons] })
}

const startsNode = ({ scripts }: PackageJson, files: CommitFiles): boolean =>
  scripts['start'] !== undefined || ['server.js', 'index.js'].some((name) => files.has(name))

type Project = { json: PackageJson; files: CommitFiles; spec: Spec; machine: Machine }

/** The recipe up to what there is to start. */
async function prepared(project: Project): Promise<Recipe> {
  const { json, files } = project
  const workspace = await findWorkspace(files)
  const needed = hasDependencies(json) || hasInstallScripts(json) || json.workspaces
  if (needed || workspace !== null) return installed(project, workspace)
  const build = buildOf(project, (script) => ['npm', 'run', script])
  return {
    ...emptyRecipe('node'),
    steps: build.steps,
    reasons: [{ is: 'nothing-to-install', from: 'package.json' }, ...build.reasons],
  }
}

async function installed(project: Project, workspace: Workspace | null): Promise<Recipe> {
  const { json, spec, machine, files } = project
  const root = workspace?.files ?? files
  const manager = await findManager(workspace?.json ?? json, root, machine, workspace?.up ?? '')
  const build = buildOf(project, manager.run)
  const development = hasDevDependencies(json) || workspace !== null
  // Only a step needs the packages for development; without one they are never installed.
  const omit = build.steps.length === 0 && spec.pipeline.length === 0 && development
  const command = manager.install(omit)
  const cache = await dependencyCache(json, { manager, files: root, omit, workspace, machine })
  const folder = workspace === null ? {} : { folder: workspace.folder }
  const install = { name: 'install', command, ...folder }
  const prune: Step[] =
    manager.prune === null || omit || !development
      ? []
      : [{ name: 'prune', command: manager.prune, ...folder }]
  return {
    ...emptyRecipe('node'),
    steps: ['key' in cache ? keptInstall(install, cache) : install, ...build.steps, ...prune],
    reasons: [
      ...manager.reasons,
      {
        is: 'installed-from',
        command: manager.say(command),
        file: posix.join(workspace?.folder ?? '.', manager.lockfile),
      },
      ...('key' in cache ? [] : [{ is: 'anew' as const, why: cache.anew }]),
      ...(workspace === null ? [] : [sayWorkspace(workspace)]),
      ...build.reasons,
    ],
    tools: { [manager.name]: manager.version },
    ...(omit || manager.development.length === 0 ? {} : { leaves: manager.development }),
    ...(workspace === null || files.within === null ? {} : { workingFolder: files.within.folder }),
  }
}

const keptInstall = (install: Step, { key, keeps }: { key: string; keeps?: string[] }): Step => ({
  ...install,
  cached: key,
  ...(keeps === undefined ? {} : { keeps }),
})

const sayWorkspace = ({ lockfile, folder }: Workspace): BuildReason => {
  return { is: 'whole-commit', lockfile, folder }
}

function buildOf(
  { json, spec }: Project,
  run: PackageManager['run'],
): Pick<Recipe, 'steps' | 'reasons'> {
  const own = spec.build.command
  if (own !== undefined)
    return {
      steps: [{ name: 'build', command: own }],
      reasons: sayBuild(spec),
    }
  const script = json.scripts['build']
  if (script === undefined) return { steps: [], reasons: [] }
  return {
    steps: [{ name: 'build', command: run('build') }],
    reasons: [{ is: 'build-script', script }],
  }
}

function started(json: PackageJson, files: CommitFiles, spec: Spec, recipe: Recipe): Recipe {
  if (!needsStart(spec)) return recipe
  const builds = recipe.steps.some((step) => step.name === 'build')
  const script = json.scripts['start']
  const reasons: BuildReason[] =
    script !== undefined && startScript(json) === null
      ? [...recipe.reasons, { is: 'not-started', script }]
      : recipe.reasons
  const start = startOf(json, files, builds)
  // A tool for sites beside a "main" that nobody wrote, as `npm init` names one, makes a site all the same.
  const isSite = start?.isGuess === true && siteTool(json) !== null
  if (start !== null && !isSite)
    return { ...recipe, services: { web: start.command }, reasons: [...reasons, start.reason] }
  if (builds) return siteOf({ ...recipe, reasons }, siteFolders(json), spec)
  if (!files.has('public/index.html'))
    throw new NaruError('build.no-start', { found: sayStartless(json) })
  return {
    ...recipe,
    kind: 'static',
    services: { web: serve('public', spec.build.fallback) },
    reasons: [...reasons, served(['public'], spec)],
  }
}

/** Throws `build.engine` where the app's own `.npmrc` wants npm to be strict about it. */
function sayNode(
  { engineRange }: PackageJson,
  npmrc: string | null,
  { nodeVersion: version }: Machine,
): BuildReason {
  const node = { language: 'node', short: version.split('.')[0] ?? '', version } as const
  const fits = engineRange === null ? null : satisfies(version, engineRange)
  if (engineRange === null || fits === null) return { is: 'language', ...node }
  if (fits) return { is: 'language-fits', ...node, from: 'engines', wanted: engineRange }
  if (/^\s*engine-strict\s*=\s*true\s*$/m.test(npmrc ?? ''))
    throw new NaruError('build.engine', { wanted: engineRange, found: version })
  return { is: 'language-unfit', ...node, from: 'package.json', wanted: engineRange }
}

function sayStartless({ scripts }: PackageJson): string {
  const names = Object.keys(scripts)
  const others = names.length === 0 ? 'no scripts' : `scripts: ${names.slice(0, 10).join(', ')}`
  return `a package.json without a start script, a "main" that exists, server.js or index.js (${others})`
}
