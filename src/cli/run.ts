import { type Command, CommanderError } from 'commander'
import { pathOf } from './define.ts'
import { printFailure, sayFailure } from './failure.ts'
import { program } from './program.ts'
import type { Session } from './session.ts'
import { endWithReader, type Streams, terminalOf } from './terminal.ts'

export type Start = Omit<Session, 'terminal'> & { args: readonly string[]; streams: Streams }

/** Runs one command and gives its exit code. Prints every failure; throws none. */
export async function runCommand({ args, streams, ...where }: Start): Promise<number> {
  const colourless = args.includes('--no-color') || Boolean(where.environment['NO_COLOR'])
  const terminal = terminalOf(streams, !colourless)
  endWithReader(streams, args[0] === 'proc-receive')
  const naru = program({ ...where, terminal }, streams)
  try {
    await naru.parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const failure = sayFailure(error)
    const helpful = error instanceof CommanderError && failure.hint === 'naru help'
    printFailure(
      terminal,
      helpful ? { ...failure, hint: `${pathOf(commandAt(naru, args))} --help` } : failure,
    )
    return failure.exit
  }
}

/** The command that the arguments lead to; what is no command is passed over. */
function commandAt(command: Command, args: readonly string[]): Command {
  const [word, ...rest] = args
  if (word === undefined) return command
  const found = command.commands.find((candidate) => candidate.name() === word)
  return commandAt(found ?? command, rest)
}
