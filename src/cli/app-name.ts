import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import { runProgram } from '../base/program.ts'
import type { Place } from '../model/environment.ts'
import { checkedLabel } from '../model/name.ts'
import type { Session, Shared } from './session.ts'

/** The place that a command is about: `--app`, or the app of the repository one stands in, else `app.unnamed`; and `--env`. */
export async function placeOf(
  session: Session,
  asked: Pick<Shared, 'app' | 'env'>,
): Promise<Place> {
  const app = await findApp(session, asked)
  if (app === undefined) throw new NaruError('app.unnamed', {})
  return { app, environment: checkedLabel('environment', asked.env) }
}

export async function findApp(
  { folder }: Pick<Session, 'folder'>,
  { app }: Pick<Shared, 'app'>,
): Promise<string | undefined> {
  if (app !== undefined) return checkedLabel('app', app)
  const known = await askGit(folder, ['config', '--get', 'naru.app'])
  if (known) return known
  const root = await askGit(folder, ['rev-parse', '--show-toplevel'])
  return root ? appOfFile(root) : undefined
}

/** What `app:` in the repository's naru.yaml says; undefined where it says nothing. */
export async function appOfFile(root: string): Promise<string | undefined> {
  let text: string
  try {
    text = readFileSync(join(root, 'naru.yaml'), 'utf8')
  } catch {
    return undefined // Without a naru.yaml it says nothing.
  }
  return appOfText(text)
}

/** The same of the text of a naru.yaml. */
export async function appOfText(text: string): Promise<string | undefined> {
  const { parse } = await import('yaml')
  try {
    const app: unknown = parse(text)?.app
    return typeof app === 'string' ? checkedLabel('app', app) : undefined
  } catch (error) {
    if (error instanceof NaruError) throw error
    return undefined // A broken file is for the push to refuse, with line and column.
  }
}

/** What git says, in one line; undefined where git is missing or has no answer. */
export async function askGit(folder: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await runProgram('git', ['-C', folder, ...args])
    return code === 0 ? stdout.toString().trim() : undefined
  } catch {
    return undefined // No git on the PATH: nothing to be learnt from it.
  }
}
