import type { CommitFiles } from '../../recipe-types.ts'
import { parseToml, table, text, texts } from '../../toml.ts'

/** What Naru reads of a pyproject.toml; a part that is not as the standard says counts as absent. */
export type PythonProject = {
  requiresPython: string | null
  /** Undefined where nothing lists them, or only a build backend knows them. */
  dependencies: string[] | undefined
  /** Names of the programs that it installs. */
  scripts: string[]
  /** Whether it is a package to be installed, and not only a list of what the app needs. */
  isPackage: boolean
  /** `[build-system]` as it is written: a change of it may install something else. */
  buildSystem: unknown
  /** Whether there is a `[project]`, a `[build-system]` or Poetry's table, and not only settings of other tools. */
  isProject: boolean
}

/** The pyproject.toml of the app's folder; null where there is none. */
export async function readProject(files: CommitFiles): Promise<PythonProject | null> {
  const content = files.has('pyproject.toml') ? await files.read('pyproject.toml') : null
  if (content === null) return null
  const root = parseToml(content)
  if (root === null) return unreadable
  const project = table(root['project'])
  const isPackage = root['build-system'] !== undefined
  return {
    requiresPython: text(project['requires-python']),
    dependencies:
      root['project'] === undefined || texts(project['dynamic']).includes('dependencies')
        ? undefined
        : texts(project['dependencies']),
    scripts: Object.keys(table(project['scripts'])),
    isPackage,
    buildSystem: root['build-system'] ?? null,
    isProject:
      root['project'] !== undefined || isPackage || table(root['tool'])['poetry'] !== undefined,
  }
}

/** Left to pip, whose message names the line. */
const unreadable: PythonProject = {
  requiresPython: null,
  dependencies: undefined,
  scripts: [],
  isPackage: true,
  buildSystem: null,
  isProject: true,
}
