import { type Command, CommanderError } from 'commander'
import { NaruError } from '../base/error.ts'
import { catalogues, languageOfEnvironment } from '../contract/words/languages.ts'
import { CommandExit } from './command-exit.ts'
import { pathOf } from './define.ts'
import { printFailure, printFailureAsData, sayFailure } from './failure.ts'
import { program } from './program.ts'
import type { Session } from './session.ts'
import { chooseWords } from './speech.ts'
import { endWithReader, type Streams, terminalOf } from './terminal.ts'

export type Start = Omit<Session, 'terminal' | 'words' | 'streams'> & {
  args: readonly string[]
  streams: Streams
}

/** Runs one command and gives its exit code. Prints every failure; throws none. */
export async function runCommand({ args, streams, ...where }: Start): Promise<number> {
  const colourless = args.includes('--no-color') || Boolean(where.environment['NO_COLOR'])
  const terminal = terminalOf(streams, !colourless)
  endWithReader(streams, args[0] === 'proc-receive')
  let words = catalogues[languageOfEnvironment(where.environment)]
  let naru: Command | undefined
  try {
    words = chooseWords(args, where.environment)
    if (process.platform === 'win32')
      throw new NaruError('platform.unsupported', { platform: 'Windows' })
    naru = program({ ...where, terminal, words, streams }, streams)
    await naru.parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommandExit) return error.code
    const failure = sayFailure(error, words, where.environment)
    const wantsHelp = error instanceof CommanderError && failure.hint === 'naru help'
    const hint = wantsHelp && naru ? `${pathOf(commandAt(naru, args))} --help` : failure.hint
    const print = asksForData(args) ? printFailureAsData : printFailure
    print(terminal, { ...failure, hint })
    return failure.exit
  }
}

/** Read from the words themselves: what is wrong may be the command line. */
function asksForData(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}

/** The command that the arguments lead to; what is no command is passed over. */
function commandAt(command: Command, args: readonly string[]): Command {
  const [word, ...rest] = args
  if (word === undefined) return command
  const found = command.commands.find((candidate) => candidate.name() === word)
  return commandAt(found ?? command, rest)
}
