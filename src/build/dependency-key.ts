import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { AnewReason } from '../model/build-reason.ts'
import { managerFiles, type PackageManager } from './node-tool.ts'
import type { Workspace } from './node-workspace.ts'
import { allDependencies, installScripts, type PackageJson } from './package-json.ts'
import type { CommitFiles, Machine } from './recipe-types.ts'
import { type WorkspacePackage, workspacePackages } from './workspace-packages.ts'

type Installed = {
  manager: PackageManager
  /** Those of the folder with the lockfile. */
  files: CommitFiles
  omit: boolean
  workspace: Workspace | null
  machine: Machine
}

/** The key of everything that decides what an install makes and, in a workspace, where; or why its result must not be kept. */
export async function dependencyCache(
  json: PackageJson,
  installed: Installed,
): Promise<{ key: string; keeps?: string[] } | { anew: AnewReason }> {
  const { manager, files, omit, machine, workspace } = installed
  const lockfile = (await files.read(manager.lockfile)) ?? ''
  const isAlone = workspace === null && !json.workspaces && !files.has('pnpm-workspace.yaml')
  const packages = isAlone ? [] : await workspacePackages(manager, files)
  if (packages === null) return { anew: { is: 'workspaces' } }
  const root = workspace?.json ?? json
  const anew = whyNotKept(root, lockfile, installed, packages)
  if (anew !== null) return { anew }
  const settings = await Promise.all(
    managerFiles.map(async (name) => (files.has(name) ? files.read(name) : null)),
  )
  const { abi, platform, arch } = machine
  const { name, version } = manager
  const parts: unknown[] = [name, version, lockfile, root.installs, settings, omit]
  parts.push(abi, platform, arch)
  for (const { folder, json: own } of packages) parts.push(folder, own.identity, own.installs)
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
  const beside = (manager.keepsBeside ?? []).map((path) =>
    posix.join(workspace?.folder ?? '.', path),
  )
  if (isAlone && beside.length === 0) return { key }
  const folders = ['.', ...packages.map(({ folder }) => folder)]
  const keeps = folders.map((folder) =>
    posix.join(workspace?.folder ?? '.', folder, 'node_modules'),
  )
  return { key, keeps: [...keeps, ...beside] }
}

/** An install that reads or runs files of the commit gives something else for another commit. */
function whyNotKept(
  root: PackageJson,
  lockfile: string,
  { files, manager }: Installed,
  packages: readonly WorkspacePackage[],
): AnewReason | null {
  if (!manager.keeps) return { is: 'plugins' }
  for (const { folder, json } of [{ folder: '.', json: root }, ...packages]) {
    const script = installScripts.find((name) => json.scripts[name] !== undefined)
    if (script !== undefined) return { is: 'script', script }
    if (files.has(posix.join(folder, 'binding.gyp'))) return { is: 'binding-gyp' }
    if (json.hasPrograms && folder !== '.') return { is: 'workspace-programs', folder }
    const local = Object.entries(allDependencies(json)).find(
      ([, version]) =>
        /^(file|link|portal):|^(~?\/|\.)/.test(version) ||
        (version.startsWith('workspace:') && packages.length === 0),
    )
    if (local !== undefined) return { is: 'folder', package: local[0] }
  }
  // What is linked within a workspace is the same folder of the commit in every slug.
  const kinds = packages.length === 0 ? '(?:file|link)' : 'file'
  const isLocal = new RegExp(`"?(?:resolved|version|specifier|tarball)"?:? "?'?${kinds}:`)
  const links = isLocal.test(lockfile) || (packages.length === 0 && /"link":\s*true/.test(lockfile))
  return links ? { is: 'folder', package: null } : null
}
