import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { followingMs } from '../../contract/client.ts'
import { isReserved, isVariable, looksSecret } from '../../model/name.ts'
import { placeOf } from '../app-name.ts'
import { type ChangeOptions, change, withChangeOptions } from '../change.ts'
import { define } from '../define.ts'
import { answerShape } from '../finish.ts'
import { apiOf, type Session, shared } from '../session.ts'

type Options = ChangeOptions & { allSecret?: boolean; allPlain?: boolean }

/** Takes what a `.env` says: settings, and secrets where the name says that it is one. */
export function addSettingsImport(settings: Command, session: Session): void {
  const say = session.words.commands.settings.import
  const command = define(settings, {
    usage: 'import <file>',
    summary: say.summary,
    examples: ['naru settings import .env', 'naru settings import .env --env staging --no-deploy'],
    answers: answerShape,
  })
    .option('--all-secret', say.allSecret)
    .option('--all-plain', say.allPlain)
  withChangeOptions(command).action(async (file: string, options: Options, asked: Command) => {
    const { all, skipped } = readVariables(resolve(session.folder, file), file)
    const isSecret = ([name]: [string, string]): boolean =>
      options.allSecret === true || (options.allPlain !== true && looksSecret(name))
    const secrets = all.filter(isSecret)
    const plain = all.filter((entry) => !isSecret(entry))
    const { terminal } = session
    if (skipped.length > 0) terminal.err(say.skipped(skipped))
    if (secrets.length > 0) terminal.err(say.asSecrets(secrets.map(([name]) => name)))
    if (plain.length > 0) terminal.err(say.asSettings(plain.map(([name]) => name)))
    if (secrets.length === 0)
      return change(session, asked, 'changeSettings', { set: Object.fromEntries(plain) }, options)
    // One release for both: the settings wait for the secrets.
    if (plain.length > 0) await keepSettings(session, asked, Object.fromEntries(plain))
    return change(session, asked, 'changeSecrets', { set: Object.fromEntries(secrets) }, options)
  })
}

async function keepSettings(session: Session, command: Command, set: Record<string, string>) {
  const asked = shared(command, session)
  const api = apiOf(session, asked, { patienceMs: followingMs })
  await api.changeSettings(await placeOf(session, asked), { set, deploy: false })
}

/** Throws `file.unreadable`, also for a file that sets nothing. */
function readVariables(path: string, file: string) {
  const entries = Object.entries(parseEnv(read(path, file))).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const usable = ([name]: [string, string]): boolean => isVariable(name) && !isReserved(name)
  const all = entries.filter(usable)
  if (all.length === 0)
    throw new NaruError('file.unreadable', { file, reason: 'it sets nothing that Naru could take' })
  return { all, skipped: entries.filter((entry) => !usable(entry)).map(([name]) => name) }
}

function read(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new NaruError('file.unreadable', { file, reason: reasons[code] ?? code }, { cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
}
