import { posix } from 'node:path'
import { below } from './commit-files.ts'
import { lockfileNames } from './node-tool.ts'
import { type PackageJson, parsePackageJson } from './package-json.ts'
import type { CommitFiles } from './recipe-types.ts'

/** The folder above an app's that holds the lockfile of several packages together. */
export type Workspace = {
  /** Where it lies in the commit. */
  folder: string
  files: CommitFiles
  json: PackageJson
  /** The way from the app's folder up to it: "../../". */
  up: string
  /** What shows that it is one. */
  lockfile: string
}

/** The nearest workspace above an app's folder that has no lockfile of its own; null where there is none. */
export async function findWorkspace(files: CommitFiles): Promise<Workspace | null> {
  if (files.within === null || lockfileNames.some((name) => files.has(name))) return null
  const { files: all, folder } = files.within
  let up = ''
  for (let at = folder; at !== '.'; ) {
    at = posix.dirname(at)
    up += '../'
    const found = await workspaceAt(all, at, up)
    if (found !== null) return found
  }
  return null
}

async function workspaceAt(
  all: CommitFiles,
  folder: string,
  up: string,
): Promise<Workspace | null> {
  const files = folder === '.' ? all : below(all, folder)
  const lockfile = lockfileNames.find((name) => files.has(name))
  const text = files.has('package.json') ? await files.read('package.json') : null
  const json = text === null ? null : parsePackageJson(text)
  if (lockfile === undefined || json === null) return null
  if (!json.workspaces && !files.has('pnpm-workspace.yaml')) return null
  return { folder, files, json, up, lockfile }
}
