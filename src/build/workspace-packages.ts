import { posix } from 'node:path'
import type { PackageManager } from './node-tool.ts'
import { workspaceFolders } from './npm-lock.ts'
import { type PackageJson, parsePackageJson } from './package-json.ts'
import type { CommitFiles } from './recipe-types.ts'

/** A package of a workspace, its folder seen from that of the lockfile. */
export type WorkspacePackage = { folder: string; json: PackageJson }

/** A repository with more of them is better installed anew than looked through. */
const limit = 300

/**
 * The packages of a workspace but for its root, as the lockfile names them; all that there are in the commit where it names
 * none. Null where they are too many, or one holds packages that nobody installs.
 */
export async function workspacePackages(
  { name, lockfile }: PackageManager,
  files: CommitFiles,
): Promise<WorkspacePackage[] | null> {
  const named = foldersIn(name, (await files.read(lockfile)) ?? '') ?? everywhere(files)
  const folders = [...new Set(named.map((folder) => posix.normalize(folder)))].filter(isBelow)
  if (folders.length > limit) return null
  const prefixes = folders.map((folder) => `${folder}/node_modules/`)
  if (files.paths.some((path) => prefixes.some((prefix) => path.startsWith(prefix)))) return null
  const found: WorkspacePackage[] = []
  for (const folder of folders) {
    const path = `${folder}/package.json`
    const json = files.has(path) ? parsePackageJson((await files.read(path)) ?? '') : null
    if (json !== null) found.push({ folder, json })
  }
  return found
}

/** Null where this manager's lockfile does not name them. */
function foldersIn(name: PackageManager['name'], lockfile: string): string[] | null {
  if (name === 'npm') return workspaceFolders(lockfile)
  if (name === 'yarn-berry')
    return [...lockfile.matchAll(/^ {2}resolution: ".*@workspace:([^"]+)"$/gm)].map(
      ([, folder = '']) => folder,
    )
  if (name === 'yarn') return null
  const importers = /^importers:\n((?: .*\n|\n)*)/m.exec(lockfile)?.[1] ?? ''
  return [...importers.matchAll(/^ {2}(?! )'?([^'\n]+?)'?:/gm)].map(([, folder = '']) => folder)
}

const everywhere = ({ paths }: CommitFiles): string[] =>
  paths
    .filter((path) => path.endsWith('/package.json') && !/(?:^|\/)node_modules\//.test(path))
    .map((path) => posix.dirname(path))

const isBelow = (folder: string): boolean => folder !== '.' && !/^(?:\.\.|\/)/.test(folder)
