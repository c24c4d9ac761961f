import { Help, type HelpConfiguration } from 'commander'
import type { Words } from '../contract/words/words.ts'
import { width } from './table.ts'

/** How commander writes help: its own headings in our words, and columns as wide as a terminal shows them. */
export function helpIn({ commandLine: { help } }: Words): HelpConfiguration {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': help.usage,
    'Arguments:': help.arguments,
    'Options:': help.options,
    'Commands:': help.commands,
  }
  return {
    displayWidth: width,
    styleTitle: (title) => titles[title] ?? title,
    styleUsage: (usage) => usage.replace('[options]', help.anyOptions),
    optionDescription: (option) =>
      new Help()
        .optionDescription(option)
        .replace(/(?<=\(|, )(default|choices)(?=: [^()]*\)$)/g, (what) =>
          what === 'default' ? help.default : help.choices,
        ),
    subcommandTerm: (command) => command.usage().replace('[options]', command.name()),
  }
}
