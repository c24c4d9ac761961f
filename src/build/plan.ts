import { NaruError } from '../base/error.ts'
import { type ForeignNote, foreignFileNames, readForeignFiles } from '../model/foreign-files.ts'
import type { Spec } from '../model/spec.ts'
import { appFiles, type CommitEntry, commitFiles } from './commit-files.ts'
import { refuseLargeFiles } from './large-files.ts'
import { recipeFor } from './recipe.ts'
import type { CommitFiles, Machine, Recipe } from './recipe-types.ts'

/** Where the files of a plan come from: a commit, or a folder that may become one. */
export type PlanSource = {
  listFiles(): Promise<CommitEntry[]>
  readFile(path: string): Promise<string | undefined>
}

export type Plan = {
  recipe: Recipe
  /** Keys of other tools' files: named, none of them applied. */
  foreign: ForeignNote[]
}

/** Decides how files become an artifact, and does nothing yet. Throws `build.*` for what cannot be built. */
export async function findPlan(source: PlanSource, spec: Spec, machine: Machine): Promise<Plan> {
  const entries = await source.listFiles()
  const all = commitFiles(entries, (path) => source.readFile(path))
  refuseSubmodules(entries, spec.build.folder)
  const files = appFiles(all, spec.build.folder)
  await refuseLargeFiles(all, spec.build.folder)
  const recipe = await recipeFor(files, spec, machine)
  return { recipe, foreign: [...(await foreignNotes(files)), ...(await notesAbove(files))] }
}

/** Their files are in another repository, which Naru has neither the address nor the rights for. */
function refuseSubmodules(entries: readonly CommitEntry[], folder: string): void {
  const paths = entries
    .filter(({ path, kind }) => kind === 'submodule' && isIn(path, folder))
    .map(({ path }) => path)
  if (paths.length > 0) throw new NaruError('build.submodules', { paths: paths.slice(0, 10) })
}

const isIn = (path: string, folder: string): boolean =>
  folder === '.' ||
  path === folder ||
  path.startsWith(`${folder}/`) ||
  folder.startsWith(`${path}/`)

async function foreignNotes(files: CommitFiles): Promise<ForeignNote[]> {
  const found: Record<string, string> = {}
  for (const name of foreignFileNames) {
    const text = files.has(name) ? await files.read(name) : null
    if (text !== null) found[name] = text
  }
  return readForeignFiles(found)
}

/** How a file of the repository's root is named from the app's folder. */
const rootPrefix = '/'

/** Those of the repository's root, where the app lies in a folder of it. */
async function notesAbove({ within }: CommitFiles): Promise<ForeignNote[]> {
  if (within === null) return []
  return (await foreignNotes(within.files)).map((note) => ({
    ...note,
    file: `${rootPrefix}${note.file}`,
  }))
}
