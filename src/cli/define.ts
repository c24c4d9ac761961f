import { type Command, Option } from 'commander'
import { NaruError } from '../base/error.ts'
import { nearestWord } from './nearest.ts'
import { wordsOf } from './speech.ts'

export type Definition = {
  /** Name and arguments, "rollback [release]". */
  usage: string
  summary: string
  /** Whole commands that a person could type as they are. */
  examples: string[]
  /** The shape of its answer with `--json`, where scripts need it most. */
  answers?: string
  /** Whether it is about one app. */
  app?: boolean
  hidden?: boolean
}

/** Adds a command with the options that all have, and its example in its help. */
export function define(
  parent: Command,
  { usage, summary, examples, answers, app = true, hidden = false }: Definition,
): Command {
  const { help } = wordsOf(parent).commandLine
  const command = parent.command(usage, { hidden }).description(summary).allowExcessArguments(false)
  return addShared(command, app).addHelpText(
    'after',
    [
      `\n${help.example}`,
      ...examples.map((line) => `  $ ${line}`),
      ...(answers === undefined ? [] : [`\n${help.answers}`, `  ${answers}`]),
    ].join('\n'),
  )
}

/** Adds a command that has commands of its own; alone it does `action`. */
export function defineGroup(
  parent: Command,
  definition: Definition,
  action: (options: unknown, command: Command) => Promise<void>,
): Command {
  return define(parent, definition)
    .allowExcessArguments()
    .action((options: unknown, command: Command) => {
      refuseOperands(command)
      return action(options, command)
    })
}

/** Options that may stand before the command's name as well; there they are not shown. */
export function addShared(command: Command, app: boolean, hidden = false): Command {
  const words = wordsOf(command).commandLine.options
  const options = [
    ...(app
      ? [new Option('--app <name>', words.app), new Option('--env <name>', words.environment)]
      : []),
    new Option('--data <folder>', words.data),
    new Option('--context <name>', words.context),
    new Option('--json', words.json),
    new Option('--no-color', words.noColour),
    new Option('--lang <language>', words.language),
  ]
  for (const option of options) command.addOption(option.hideHelp(hidden))
  return command
}

/** A word where a command was expected: `usage.invalid` with the nearest command. */
export function refuseOperands(command: Command): void {
  const [word] = command.args
  if (word === undefined) return
  const names = visibleCommands(command).map((candidate) => candidate.name())
  const meant = nearestWord(word, names)
  const path = pathOf(command)
  const { mistakes } = wordsOf(command).commandLine
  throw new NaruError('usage.invalid', {
    what: mistakes.unknownCommand(path, JSON.stringify(word)),
    expected: meant === undefined ? `${path} --help` : mistakes.didYouMean(`${path} ${meant}`),
  })
}

/** "naru settings set" */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

export function visibleCommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((candidate) => candidate.name() !== 'proc-receive')
}
