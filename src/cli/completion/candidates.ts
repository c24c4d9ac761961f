import type { Command, Option } from 'commander'
import { findApp } from '../app-name.ts'
import { visibleCommands } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'

export type Candidate = { word: string; about: string }

/** What the last of the typed words may become; the first one is `naru` itself. Never throws: a shell wants no complaints. */
export async function candidates(
  naru: Command,
  session: Session,
  typed: readonly string[],
): Promise<Candidate[]> {
  const words = typed.slice(1)
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const command = commandOf(naru, before)
  const option = optionOf(command, before.at(-1))
  const all = option !== undefined ? await values(option, command, session) : names(command, last)
  return all.filter(({ word }) => word.startsWith(last))
}

function commandOf(naru: Command, words: readonly string[]): Command {
  let found = naru
  for (const word of words) found = found.commands.find((one) => one.name() === word) ?? found
  return found
}

/** The option whose value is being typed. */
const optionOf = (command: Command, word = ''): Option | undefined =>
  command.options.find(
    ({ long, short, required, optional }) =>
      (long === word || short === word) && (required || optional),
  )

function names(command: Command, last: string): Candidate[] {
  const options = command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({ word: option.long ?? option.flags, about: option.description }))
  const commands = visibleCommands(command).map((one) => ({
    word: one.name(),
    about: one.description(),
  }))
  return last.startsWith('-') || commands.length === 0 ? options : commands
}

/** Values that only the server knows; none where it does not answer at once. */
async function values(option: Option, command: Command, session: Session): Promise<Candidate[]> {
  try {
    const api = apiOf(session, shared(command, session))
    if (option.long === '--app')
      return (await api.apps()).map(({ name, urls }) => ({ word: name, about: urls[0] ?? '' }))
    const app = await findApp(session, shared(command, session))
    if (option.long === '--env' && app !== undefined)
      return (await api.environments(app)).map(({ name }) => ({ word: name, about: '' }))
    return []
  } catch {
    return [] // No server, no right, no app: then there is nothing to offer.
  }
}
