import type { Command, Option } from 'commander'
import { isLabel } from '../../model/name.ts'
import { findApp } from '../app-name.ts'
import { Contexts, here } from '../contexts.ts'
import { visibleCommands } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'

export type Candidate = { word: string; about: string }

/**
 * What the last of the typed words may become; the first one is `naru` itself. Never throws: a shell wants no complaints,
 * and puts what it gets into the line as it is, so that nothing but names comes from a server.
 */
export async function candidates(
  naru: Command,
  session: Session,
  typed: readonly string[],
): Promise<Candidate[]> {
  const words = split(typed.slice(1))
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  if (before.includes('--')) return [] // The words of another program.
  const { command, option } = read(naru, before)
  const all = option !== undefined ? await values(option, command, session) : names(command, last)
  const found = all.filter(({ word }) => word.startsWith(last))
  const flag = flagOf(typed.at(-1) ?? '')
  return flag === undefined ? found : found.map((one) => ({ ...one, word: flag + one.word }))
}

/** "--env=st" is one word in some shells, three in others, and here always two, as if a space stood there. */
const split = (typed: readonly string[]): string[] =>
  typed
    .filter((word, at) => word !== '=' || !typed[at - 1]?.startsWith('--'))
    .flatMap((word) => {
      const flag = flagOf(word)
      return flag === undefined ? [word] : [flag.slice(0, -1), word.slice(flag.length)]
    })

const flagOf = (word: string): string | undefined => /^--[a-z-]+=/.exec(word)?.[0]

/** The command that is typed, told of the values of its options, and the option whose value comes next. */
function read(
  naru: Command,
  words: readonly string[],
): { command: Command; option: Option | undefined } {
  let command = naru
  let option: Option | undefined
  for (const word of words) {
    if (option !== undefined) {
      command.setOptionValue(option.attributeName(), word)
      option = undefined
      continue
    }
    option = optionOf(command, word)
    if (option === undefined) command = command.commands.find(isNamed(word)) ?? command
  }
  return { command, option }
}

const isNamed = (word: string) => (one: Command) =>
  one.name() === word || one.aliases().includes(word)

/** The option of that name that wants a value. */
const optionOf = (command: Command, word: string): Option | undefined =>
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

/** Values that are known here, or that only the server knows; none where it does not answer at once. */
async function values(option: Option, command: Command, session: Session): Promise<Candidate[]> {
  try {
    if (option.long === '--context') return contexts(session)
    const api = apiOf(session, shared(command, session))
    if (option.long === '--app') return named((await api.apps()).map(({ name }) => name))
    const app = await findApp(session, shared(command, session))
    if (option.long !== '--env' || app === undefined) return []
    return named((await api.environments(app)).map(({ name }) => name))
  } catch {
    return [] // No server, no right, no app: then there is nothing to offer.
  }
}

const contexts = ({ environment }: Session): Candidate[] => [
  { word: here, about: '' },
  ...new Contexts(environment).all().map(({ name, address }) => ({ word: name, about: address })),
]

const named = (found: readonly string[]): Candidate[] =>
  found.filter(isLabel).map((word) => ({ word, about: '' }))
