import type { Command } from 'commander'
import { NaruError } from '../base/error.ts'
import { catalogues, languageOf, languageOfEnvironment } from '../contract/words/languages.ts'
import type { Words } from '../contract/words/words.ts'

/**
 * The words to speak in, chosen once for a call: `--lang`, NARU_LANG, the locale, English. Throws `argument.invalid`
 * for a `--lang` that there are no words of.
 */
export function chooseWords(args: readonly string[], environment: NodeJS.ProcessEnv): Words {
  const asked = askedLanguage(args)
  if (asked === undefined) return catalogues[languageOfEnvironment(environment)]
  const language = languageOf(asked)
  if (language === undefined)
    throw new NaruError('argument.invalid', { kind: 'language', text: asked })
  return catalogues[language]
}

/** Makes a program and its commands speak so. */
export function speak(program: Command, words: Words): Command {
  spoken.set(program, words)
  return program
}

/** The words that the program of this command speaks. */
export function wordsOf(command: Command): Words {
  const words = spoken.get(command)
  if (words !== undefined) return words
  if (command.parent === null) throw new Error('a program without words')
  return wordsOf(command.parent)
}

const spoken = new WeakMap<Command, Words>()

/** Read before the command line is understood, since what is wrong with it is said in that language. */
function askedLanguage(args: readonly string[]): string | undefined {
  const end = args.indexOf('--')
  const ours = end < 0 ? args : args.slice(0, end)
  const at = ours.findLastIndex((arg) => arg === '--lang' || arg.startsWith('--lang='))
  if (at < 0) return undefined
  const [, value] = ours[at]?.split('=', 2) ?? []
  return value ?? ours[at + 1] ?? ''
}
