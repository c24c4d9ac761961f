import { createHash } from 'node:crypto'
import { managerFiles, type PackageManager } from './node-tool.ts'
import type { Workspace } from './node-workspace.ts'
import { allDependencies, installScripts, type PackageJson } from './package-json.ts'
import type { CommitFiles, Machine } from './recipe-types.ts'

type Installed = {
  manager: PackageManager
  /** Those of the folder with the lockfile. */
  files: CommitFiles
  omit: boolean
  workspace: Workspace | null
  machine: Machine
}

/** The key of everything that decides what an install makes, or why its result must not be kept. */
export async function dependencyCache(
  json: PackageJson,
  installed: Installed,
): Promise<{ key: string } | { reason: string }> {
  const { manager, files, omit, machine } = installed
  const lockfile = (await files.read(manager.lockfile)) ?? ''
  const reason = whyNotKept(json, lockfile, installed)
  if (reason !== null) return { reason }
  const settings = await Promise.all(
    managerFiles.map(async (name) => (files.has(name) ? files.read(name) : null)),
  )
  const { abi, platform, arch } = machine
  const { name, version } = manager
  const parts = [name, version, lockfile, json.installs, settings, omit, abi, platform, arch]
  return { key: createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32) }
}

/** An install that reads or runs files of the commit gives something else for another commit. */
function whyNotKept(json: PackageJson, lockfile: string, installed: Installed): string | null {
  const { files, manager, workspace } = installed
  if (!manager.keeps) return `${manager.name} keeps a cache of its own`
  const script = installScripts.find((name) => json.scripts[name] !== undefined)
  if (script !== undefined) return `package.json has a ${script} script`
  if (files.has('binding.gyp')) return 'there is a binding.gyp to compile'
  if (json.workspaces || workspace !== null) return 'package.json has workspaces'
  const local = Object.entries(allDependencies(json)).find(([, version]) =>
    /^(file|link|portal|workspace):|^(~?\/|\.)/.test(version),
  )
  if (local !== undefined) return `${local[0]} comes from a folder`
  if (/"?(resolved|version|specifier|tarball)"?:? "?'?(file|link):/.test(lockfile))
    return 'a package comes from a folder'
  return /"link":\s*true/.test(lockfile) ? 'a package comes from a folder' : null
}
