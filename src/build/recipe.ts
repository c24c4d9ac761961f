import { posix } from 'node:path'
import { NaruError } from '../base/error.ts'
import type { Command, Spec } from '../model/spec.ts'
import { dependencyCache } from './dependency-key.ts'
import type { Machine } from './machine.ts'
import { satisfies } from './node-range.ts'
import {
  hasDependencies,
  hasDevDependencies,
  installScripts,
  type PackageJson,
  parsePackageJson,
} from './package-json.ts'

/** How a commit becomes an artifact: plain data, the same for the same input. */
export type Recipe = {
  kind: 'node' | 'static' | 'command'
  steps: Step[]
  /** How to start the service `web`; null where the spec says it. */
  start: Command | null
  /** Why it is so, a sentence each, for the build's log. */
  reasons: string[]
}

export type Step = {
  name: 'install' | 'build' | 'prune'
  command: Command
  /** Key under which the installed dependencies are kept; absent where they must be installed each time. */
  cached?: string
}

/**
 * What a recipe is made from. `files` holds the names in the commit's root, folders with a slash at the end, and
 * those of `pathsToLookFor` that exist; the content of a missing file is null.
 */
export type Ingredients = {
  files: readonly string[]
  packageJson: string | null
  lockfile: string | null
  npmrc: string | null
  spec: Spec
  machine: Machine
}

/** Where the build puts the static server in a slug. */
export const staticServerPath = '.naru/static-server.cjs'

/** Names of the lockfiles that `npm ci` reads, the first one that exists wins. */
export const lockfiles = ['npm-shrinkwrap.json', 'package-lock.json'] as const

/** Finds out how to build the files. Throws `build.no-start`, `build.no-lockfile`, `build.unrecognised`. */
export function recipeFor(ingredients: Ingredients): Recipe {
  const { files, packageJson, spec } = ingredients
  if (packageJson !== null) return nodeRecipe(ingredients, packageJson)
  if (hasOwnCommands(spec)) return commandRecipe(spec)
  const folder = staticFolder(files)
  if (folder !== null) return staticRecipe(spec, folder)
  throw new NaruError('build.unrecognised', { files: rootNames(files) })
}

/** Files below the root that a recipe asks for. */
export function pathsToLookFor(packageJson: string | null): string[] {
  const main = packageJson === null ? null : (parsePackageJson(packageJson)?.main ?? null)
  return ['public/index.html', ...(main === null ? [] : mainFiles(main))]
}

function nodeRecipe(ingredients: Ingredients, packageJson: string): Recipe {
  const { files, spec } = ingredients
  const json = parsePackageJson(packageJson)
  if (json === null)
    throw new NaruError('build.no-start', { found: 'a package.json that is not valid JSON' })
  const { steps, reasons } = nodeSteps(json, ingredients)
  const found = startOf(json, files, buildCommand(json, spec) !== null)
  if (found !== null) {
    return { kind: 'node', steps, start: found.command, reasons: [...reasons, found.reason] }
  }
  if (!needsStart(spec)) return { kind: 'node', steps, start: null, reasons }
  if (files.includes('public/index.html') && json.scripts.build === undefined) {
    const served = staticRecipe(spec, 'public')
    return { ...served, steps, reasons: [...reasons, ...served.reasons] }
  }
  throw new NaruError('build.no-start', { found: sayStartless(json) })
}

function nodeSteps(json: PackageJson, { files, lockfile, npmrc, spec, machine }: Ingredients) {
  const reasons = [sayNode(json, machine)]
  const build = buildCommand(json, spec)
  const steps: Step[] = []
  if (hasDependencies(json) || hasInstallScripts(json) || json.workspaces) {
    const name = lockfiles.find((file) => files.includes(file))
    if (name === undefined || lockfile === null) throw new NaruError('build.no-lockfile', {})
    // Only a build needs the packages for development; without one they are never installed.
    const omit = build === null && hasDevDependencies(json)
    const command: Command = omit ? ['npm', 'ci', '--omit=dev'] : ['npm', 'ci']
    const cache = dependencyCache(json, { lockfile, npmrc, files, omit, machine })
    steps.push({ name: 'install', command, ...('key' in cache ? { cached: cache.key } : {}) })
    reasons.push(`${command.join(' ')} from ${name}`)
    if ('reason' in cache)
      reasons.push(`dependencies are installed anew in each build: ${cache.reason}`)
  } else {
    reasons.push('no dependencies, nothing to install')
  }
  if (build !== null) {
    steps.push({ name: 'build', command: build })
    reasons.push(
      spec.build.command === undefined ? 'npm run build from package.json' : sayBuild(build),
    )
    if (hasDevDependencies(json)) {
      steps.push({ name: 'prune', command: ['npm', 'prune', '--omit=dev', '--ignore-scripts'] })
    }
  }
  return { steps, reasons }
}

function staticRecipe(spec: Spec, folder: string): Recipe {
  const build = spec.build.command
  return {
    kind: 'static',
    steps: build === undefined ? [] : [{ name: 'build', command: build }],
    start: ['node', staticServerPath, folder],
    reasons: [
      `static files in ${folder === '.' ? 'the root folder' : `${folder}/`}, served by Naru's static server`,
      ...(build === undefined ? [] : [sayBuild(build)]),
    ],
  }
}

function commandRecipe(spec: Spec): Recipe {
  const build = spec.build.command
  return {
    kind: 'command',
    steps: build === undefined ? [] : [{ name: 'build', command: build }],
    start: null,
    reasons: [
      'files as they are, started by the commands in naru.yaml',
      ...(build === undefined ? [] : [sayBuild(build)]),
    ],
  }
}

function buildCommand(json: PackageJson, spec: Spec): Command | null {
  if (spec.build.command !== undefined) return spec.build.command
  return json.scripts.build === undefined ? null : ['npm', 'run', 'build']
}

type Start = { command: Command; reason: string }

function startOf(json: PackageJson, files: readonly string[], builds: boolean): Start | null {
  const script = json.scripts.start
  if (script !== undefined) return startByScript(json, script)
  const main = json.main === null ? [] : mainFiles(json.main)
  // A build may make the file that `main` names, so it need not be in the commit then.
  const made = builds ? main.slice(0, 1) : []
  const file = [...main, 'server.js', 'index.js'].find((name) => files.includes(name)) ?? made[0]
  return file === undefined ? null : { command: ['node', file], reason: `start: node ${file}` }
}

/** npm costs 170 ms a start and ends without its child on SIGTERM, so its script is run without it where that means the same. */
function startByScript({ scripts }: PackageJson, script: string): Start {
  const why = whyNpmStart(scripts, script)
  if (why !== null) return { command: ['npm', 'start'], reason: `start: npm start, since ${why}` }
  return {
    command: script,
    reason: `start: ${script} (the start script of package.json, run without npm)`,
  }
}

function whyNpmStart(scripts: Record<string, string>, script: string): string | null {
  if (scripts.prestart !== undefined) return 'there is a prestart script'
  if (scripts.poststart !== undefined) return 'there is a poststart script'
  return /\bnpm_(package|config|lifecycle)_/.test(script)
    ? 'the start script reads variables of npm'
    : null
}

function mainFiles(main: string): string[] {
  const path = posix.normalize(main).replace(/\/$/, '')
  // It becomes an argument of node and a path in the slug.
  if (path === '.' || /^(\.\.|\/|-)/.test(path) || /[\n\r\0]/.test(path)) return []
  return [path, `${path}.js`, `${path}/index.js`]
}

function staticFolder(files: readonly string[]): string | null {
  if (files.includes('index.html')) return '.'
  return files.includes('public/index.html') ? 'public' : null
}

const needsStart = (spec: Spec): boolean => {
  const web = spec.services.web
  return web !== undefined && web.command === undefined
}

const hasOwnCommands = (spec: Spec): boolean =>
  Object.values(spec.services).some((service) => service.command !== undefined) && !needsStart(spec)

const hasInstallScripts = (json: PackageJson): boolean =>
  installScripts.some((name) => json.scripts[name] !== undefined)

function sayNode({ engineRange }: PackageJson, { nodeVersion }: Machine): string {
  const node = `node ${nodeVersion.split('.')[0]} (this machine's ${nodeVersion})`
  if (engineRange === null || satisfies(nodeVersion, engineRange) !== false) return node
  return `warning: ${node}, although package.json asks for ${engineRange}`
}

const sayBuild = (command: Command): string =>
  `${typeof command === 'string' ? command : command.join(' ')} from naru.yaml`

function sayStartless({ scripts }: PackageJson): string {
  const names = Object.keys(scripts)
  const others = names.length === 0 ? 'no scripts' : `scripts: ${names.slice(0, 10).join(', ')}`
  return `a package.json without a start script, a "main" that exists, server.js or index.js (${others})`
}

/** What lies in the root, folders with a slash, for a sentence: not more than 20. */
function rootNames(files: readonly string[]): string[] {
  return files
    .filter((file) => !/\/./.test(file))
    .sort()
    .slice(0, 20)
}
