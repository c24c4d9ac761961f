import { posix } from 'node:path'
import type { BuildReason } from '../model/build-reason.ts'
import type { Command } from '../model/spec.ts'
import { isDevelopmentServer } from './node-site.ts'
import { allDependencies, type PackageJson } from './package-json.ts'
import type { CommitFiles } from './recipe-types.ts'

export type Start = {
  command: Command
  reason: BuildReason
  /** Whether it is a file that only the build may make. */
  isGuess: boolean
}

/** How to start a Node.js app, as its files say; null where they do not. `builds`: a build may make the file that is started. */
export function startOf(json: PackageJson, files: CommitFiles, builds: boolean): Start | null {
  const script = startScript(json)
  if (script !== null) return startByScript(json, script)
  const main = json.main === null ? [] : mainFiles(json.main)
  const made = builds ? [...main.slice(0, 1), ...madeByAdapter(json)] : []
  const there = [...main, 'server.js', 'index.js'].find((name) => files.has(name))
  const file = there ?? made[0]
  if (file === undefined) return null
  const reason: BuildReason = { is: 'start', command: `node ${file}` }
  return { command: ['node', file], reason, isGuess: there === undefined }
}

/** The start script, unless it starts a server for development. */
export function startScript({ scripts }: PackageJson): string | null {
  const script = resolved(scripts, scripts['start'])
  return script === undefined || isDevelopmentServer(script) ? null : script
}

/** The script that another one stands for, "yarn serve"; a package manager need not be there when the app runs. */
function resolved(scripts: Record<string, string>, script: string | undefined): string | undefined {
  const name = /^(?:npm run|pnpm(?: run)?|yarn(?: run)?) ([\w:.-]+)\s*$/.exec(
    script?.trim() ?? '',
  )?.[1]
  const other = name === undefined ? undefined : scripts[name]
  const isPlain = scripts[`pre${name}`] === undefined && scripts[`post${name}`] === undefined
  return other !== undefined && isPlain ? other : script
}

/** npm costs 170 ms a start and ends without its child on SIGTERM, so its script is run without it where that means the same. */
function startByScript({ scripts }: PackageJson, script: string): Start {
  const why = whyNpmStart(scripts, script)
  if (why !== null)
    return { command: ['npm', 'start'], reason: { is: 'npm-start', why }, isGuess: false }
  return { command: script, reason: { is: 'start-script', command: script }, isGuess: false }
}

function whyNpmStart(scripts: Record<string, string>, script: string) {
  for (const why of ['prestart', 'poststart'] as const) if (scripts[why] !== undefined) return why
  return /\bnpm_(package|config|lifecycle)_/.test(script) ? 'variables' : null
}

/** Where Node.js looks for what `main` names. Nothing outside of the app, since it becomes an argument and a path. */
export function mainFiles(main: string): string[] {
  const path = posix.normalize(main).replace(/\/$/, '')
  if (path === '.' || /^(\.\.|\/|-)/.test(path) || /[\n\r\0]/.test(path)) return []
  return [path, `${path}.js`, `${path}/index.js`]
}

/** Servers that frameworks make without anything in package.json saying so. */
function madeByAdapter(json: PackageJson): string[] {
  const dependencies = allDependencies(json)
  if ('@astrojs/node' in dependencies) return ['dist/server/entry.mjs']
  if ('nuxt' in dependencies) return ['.output/server/index.mjs']
  return '@sveltejs/adapter-node' in dependencies ? ['build/index.js'] : []
}
