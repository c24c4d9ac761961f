import { posix } from 'node:path'
import type { AnewReason } from '../../../model/build-reason.ts'
import type { CommitFiles } from '../../recipe-types.ts'

/** A requirements.txt with every file that it includes. */
export type Requirements = {
  /** Path and text of each file: together they decide what is installed. */
  texts: [path: string, text: string][]
  /** Names of the packages in small letters, "flask". */
  names: ReadonlySet<string>
  /** Packages without an exact version. */
  loose: string[]
  /** Why its result must not be kept; null: it may. */
  anew: AnewReason | null
}

/** Reads a requirements file through its `-r` and `-c` lines. */
export async function readRequirements(files: CommitFiles, path: string): Promise<Requirements> {
  const texts = new Map<string, string>()
  const waiting = [path]
  const lines: string[] = []
  let missing: AnewReason | null = null
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (texts.has(next)) continue
    const content = files.has(next) ? await files.read(next) : null
    if (content === null) missing = { is: 'missing-file', file: next }
    if (content === null) continue
    texts.set(next, content)
    const folder = posix.dirname(next)
    for (const line of linesOf(content)) {
      const included = /^(?:-[rc]\s*|--(?:requirement|constraint)[\s=]\s*)(\S+)$/.exec(line)?.[1]
      if (included === undefined) lines.push(line)
      else waiting.push(posix.normalize(posix.join(folder, included)))
    }
  }
  return {
    texts: [...texts],
    names: new Set(lines.map(nameOf).filter((name) => name !== null)),
    loose: lines.filter(isLoose).flatMap((line) => nameOf(line) ?? []),
    anew: missing ?? lines.map(whyAnew).find((why) => why !== null) ?? null,
  }
}

/** Without comments and with continued lines as one. */
function linesOf(content: string): string[] {
  return content
    .replace(/^\uFEFF/, '')
    .replace(/\\\r?\n/g, ' ')
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
}

/** Name of the package that a requirement asks for, in the spelling that all spellings have in common. */
export function nameOf(requirement: string): string | null {
  const name = /^([A-Za-z0-9][\w.-]*)/.exec(requirement)?.[1]
  if (name === undefined || /^[\w.-]+(?:[\\/]|:\/\/)/.test(requirement)) return null
  return name.replace(/[-_.]+/g, '-').toLowerCase()
}

const isLoose = (line: string): boolean => nameOf(line) !== null && !/===?|\s@\s/.test(line)

/** An install that reads files of the commit, a branch or a variable gives something else another time. */
function whyAnew(line: string): AnewReason | null {
  const [first = ''] = line.split(/\s/)
  if (/\$\{\w+\}/.test(line)) return { is: 'variable', package: first }
  if (/^(?:-e|--editable)\b/.test(line) || /^\.{0,2}\//.test(line) || line === '.')
    return { is: 'folder', package: line.split(/\s+/).slice(0, 2).join(' ') }
  if (/\bfile:/.test(line)) return { is: 'folder', package: first }
  if (/^[^-\s][^\s]*\.(?:whl|tar\.gz|zip)$/.test(first) && !/:\/\//.test(first))
    return { is: 'file', package: first }
  if (/\b(?:git|hg|svn|bzr)\+/.test(line) && !/@[0-9a-f]{40}\b/.test(line))
    return { is: 'loose-commit', package: nameOf(line) ?? first }
  return null
}
