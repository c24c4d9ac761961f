import { satisfies } from '@renovatebot/pep440'
import { NaruError } from '../../../base/error.ts'
import type { BuildReason } from '../../../model/build-reason.ts'
import type { CommitFiles, Machine, Tool } from '../../recipe-types.ts'
import type { PythonProject } from './project.ts'

/** The Python that builds and runs an app. `program` is its name on the PATH, "python3" or "python3.12". */
export type Python = { program: string; version: string; reason: BuildReason }

type Wish = { text: string; from: string; fits: (version: string) => boolean }

/**
 * The machine's Python that fits what the files ask for, or its usual one with a warning. Throws
 * `build.tool-missing` where there is none at all; `needed` is the file that shows that one is needed.
 */
export async function findPython(
  files: CommitFiles,
  project: PythonProject | null,
  machine: Machine,
  needed: string,
): Promise<Python> {
  const wish = await wishOf(files, project)
  const usual = await machine.tool('python3')
  if (wish === null) return said('python3', found(usual, needed))
  if (usual !== null && wish.fits(usual.version)) return said('python3', usual, wish)
  for (const program of programsFor(wish)) {
    const tool = await machine.tool(program)
    if (tool !== null && wish.fits(tool.version)) return said(program, tool, wish)
  }
  const { version } = found(usual, needed)
  const wished = { from: wish.from, wanted: wish.text }
  return {
    program: 'python3',
    version,
    reason: { is: 'language-unfit', ...language(version), ...wished },
  }
}

function found(tool: Tool | null, needed: string): Tool {
  if (tool === null) throw new NaruError('build.tool-missing', { tool: 'python3', needed })
  return tool
}

const said = (program: string, { version }: Tool, wish?: Wish): Python => ({
  program,
  version,
  reason:
    wish === undefined
      ? { is: 'language', ...language(version) }
      : { is: 'language-fits', ...language(version), from: wish.from, wanted: wish.text },
})

/** The first file that asks for a version wins, the one that asks for the fewest. */
async function wishOf(files: CommitFiles, project: PythonProject | null): Promise<Wish | null> {
  for (const from of ['.python-version', 'runtime.txt']) {
    const content = files.has(from) ? await files.read(from) : null
    const text = /^[ \t]*(?:python-)?(\d+(?:\.\d+){0,2})[ \t\r]*$/m.exec(content ?? '')?.[1]
    if (text !== undefined) return { text, from, fits: (version) => isOf(version, text) }
  }
  const range = project?.requiresPython ?? null
  if (range === null) return null
  return {
    text: range,
    from: 'requires-python',
    fits: (version) => satisfies(version, range),
  }
}

/** "3.11" is every 3.11. A patch that a file names is what its author happened to have: the next one is as good. */
function isOf(version: string, wanted: string): boolean {
  const parts = wanted.split('.').slice(0, 2)
  return version.split('.').slice(0, parts.length).join('.') === parts.join('.')
}

/** Names under which other versions may lie beside the usual one, the newest first. */
function programsFor(wish: Wish): string[] {
  const minors = Array.from({ length: 12 }, (_, index) => 20 - index)
  return minors.filter((minor) => wish.fits(`3.${minor}.99`)).map((minor) => `python3.${minor}`)
}

const language = (version: string) => {
  const short = version.split('.').slice(0, 2).join('.')
  return { language: 'python', short, version } as const
}
