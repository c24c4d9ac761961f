import { createHash } from 'node:crypto'
import type { Machine } from './machine.ts'
import { allDependencies, installScripts, type PackageJson } from './package-json.ts'

type Installed = {
  lockfile: string
  npmrc: string | null
  files: readonly string[]
  omit: boolean
  machine: Machine
}

/** The key of everything that decides what `npm ci` installs, or why its result must not be kept. */
export function dependencyCache(
  json: PackageJson,
  installed: Installed,
): { key: string } | { reason: string } {
  const reason = whyNotKept(json, installed)
  if (reason !== null) return { reason }
  const { lockfile, npmrc, omit, machine } = installed
  const { abi, platform, arch } = machine
  const parts = [lockfile, json.installs, npmrc, omit, abi, platform, arch]
  return { key: createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32) }
}

/** An install that reads or runs files of the commit gives something else for another commit. */
function whyNotKept(json: PackageJson, { lockfile, files }: Installed): string | null {
  const script = installScripts.find((name) => json.scripts[name] !== undefined)
  if (script !== undefined) return `package.json has a ${script} script`
  if (files.includes('binding.gyp')) return 'there is a binding.gyp to compile'
  if (json.workspaces) return 'package.json has workspaces'
  const local = Object.entries(allDependencies(json)).find(([, version]) =>
    /^(file|link):|^[.~/]/.test(version),
  )
  if (local !== undefined) return `${local[0]} comes from a folder`
  if (/"(resolved|version)":\s*"file:/.test(lockfile) || /"link":\s*true/.test(lockfile)) {
    return 'a package comes from a folder'
  }
  return null
}
