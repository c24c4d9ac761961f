import { NaruError } from '../base/error.ts'
import type { BuildWarning } from '../model/build.ts'
import { looksSecret } from '../model/name.ts'
import type { Source } from './parts.ts'

/**
 * Files of the commit that look like somebody's `.env` with secrets in it, in its root and in the app's folder. Tells
 * the names of what looks secret, never a value.
 */
export async function secretFiles(
  source: Pick<Source, 'readFile' | 'listFiles'>,
  app: string,
  commit: string,
  folder: string,
): Promise<BuildWarning[]> {
  const root = (await source.listFiles(app, commit)).filter(({ kind }) => kind === 'file')
  const files = root
    .map(({ name }) => name)
    .filter(isEnvFile)
    .slice(0, lookedAt)
  if (folder !== '.') files.push(`${folder}/.env`)
  const warnings: BuildWarning[] = []
  for (const file of files) {
    const names = secretNames(await textOf(source, app, commit, file))
    if (names.length > 0) warnings.push({ kind: 'env-file', file, names })
  }
  return warnings
}

/** Of a file that a person wrote. What git will not read, as it is too large, is none: the push goes on without a warning. */
async function textOf(
  source: Pick<Source, 'readFile'>,
  app: string,
  commit: string,
  file: string,
): Promise<string> {
  try {
    const text = await source.readFile(app, commit, file)
    return (text ?? '').slice(0, readCharacters)
  } catch (error) {
    if (error instanceof NaruError && error.code === 'git.failed') return ''
    throw error
  }
}

/** Not `.env.example` and its like, which are there to be read. */
const isEnvFile = (name: string): boolean =>
  /^\.env(?:\..+)?$/.test(name) && !/example|sample|template|defaults|dist/i.test(name)

/** Names in `NAME=value` lines that have a value and look secret. */
export function secretNames(text: string): string[] {
  const names = text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = assignment.exec(line.trim()) ?? []
    const isSecret = looksSecret(name) && !isPlaceholder(value)
    return isSecret ? [name] : []
  })
  return [...new Set(names)].slice(0, shownNames)
}

const lookedAt = 10
const readCharacters = 256 * 1024
const shownNames = 20
const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,127})\s*=\s*(.*)$/
const placeholder = /^(?:change[-_ ]?me|your[-_ ].*|x{3,}|<.*>|\.{3}|todo|encrypted:.*|\$\{.*\})$/i

function isPlaceholder(value: string): boolean {
  const bare = value.replace(/^(["'])(.*)\1.*$/, '$2').trim()
  return bare === '' || bare.startsWith('#') || placeholder.test(bare)
}
