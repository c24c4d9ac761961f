import { posix } from 'node:path'
import { NaruError } from '../../base/error.ts'
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
  sayCommand,
} from '../recipe-types.ts'
import { isServedByPython } from './python.ts'
import { serve, siteOf } from './static.ts'

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
    reasons: ['no dependencies, nothing to install', ...build.reasons],
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
    steps: ['key' in cache ? { ...install, cached: cache.key } : install, ...build.steps, ...prune],
    reasons: [
      ...manager.reasons,
      `${manager.say(command)} from ${posix.join(workspace?.folder ?? '.', manager.lockfile)}`,
      ...('key' in cache ? [] : [`dependencies are installed anew in each build: ${cache.reason}`]),
      ...(workspace === null ? [] : [`the whole commit is kept, since ${workspace.why}`]),
      ...build.reasons,
    ],
    tools: { [manager.name]: manager.version },
    ...(omit || manager.development.length === 0 ? {} : { leaves: manager.development }),
    ...(workspace === null || files.within === null ? {} : { workingFolder: files.within.folder }),
  }
}

function buildOf({ json, spec }: Project, run: PackageManager['run']) {
  const own = spec.build.command
  if (own !== undefined)
    return {
      steps: [{ name: 'build', command: own }],
      reasons: [`${sayCommand(own)} from naru.yaml`],
    }
  if (json.scripts['build'] === undefined) return { steps: [], reasons: [] }
  return {
    steps: [{ name: 'build', command: run('build') }],
    reasons: [`the build script of package.json: ${json.scripts['build']}`],
  }
}

function started(json: PackageJson, files: CommitFiles, spec: Spec, recipe: Recipe): Recipe {
  if (!needsStart(spec)) return recipe
  const builds = recipe.steps.some((step) => step.name === 'build')
  const script = json.scripts['start']
  const reasons =
    script !== undefined && startScript(json) === null
      ? [...recipe.reasons, `not started: ${script}, a server for development`]
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
    reasons: [...reasons, "static files in public/, served by Naru's static server"],
  }
}

/** Throws `build.engine` where the app's own `.npmrc` wants npm to be strict about it. */
function sayNode({ engineRange }: PackageJson, npmrc: string | null, { nodeVersion }: Machine) {
  const node = `node ${nodeVersion.split('.')[0]}`
  const fits = engineRange === null ? null : satisfies(nodeVersion, engineRange)
  if (engineRange === null || fits === null) return `${node} (this machine's ${nodeVersion})`
  if (fits) return `${node} from engines (${engineRange}; this machine's ${nodeVersion})`
  if (/^\s*engine-strict\s*=\s*true\s*$/m.test(npmrc ?? ''))
    throw new NaruError('build.engine', { wanted: engineRange, found: nodeVersion })
  return `warning: ${node} (this machine's ${nodeVersion}), although package.json asks for ${engineRange}`
}

function sayStartless({ scripts }: PackageJson): string {
  const names = Object.keys(scripts)
  const others = names.length === 0 ? 'no scripts' : `scripts: ${names.slice(0, 10).join(', ')}`
  return `a package.json without a start script, a "main" that exists, server.js or index.js (${others})`
}
