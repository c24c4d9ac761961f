import type { Command } from 'commander'
import { planBuild, planDockerfile } from '../../src/build/planner.ts'
import { program } from '../../src/cli/program.ts'
import { terminalOf } from '../../src/cli/terminal.ts'
import { english } from '../../src/contract/words/english/english.ts'

/** How many commands of Naru a sentence names. */
export const countCommands = (sentence: string): number => callsIn(sentence).length

/**
 * What is wrong with the commands of Naru that a sentence names: one that does not exist, an option that it does not
 * have, a value or a word that it needs and that is not there. Prose may follow a command.
 */
export const wrongCommands = (sentence: string): string[] =>
  callsIn(sentence).flatMap((call) => {
    const wrong = mistakeIn(call.split(/\s+/).slice(1))
    return wrong === undefined ? [] : [`"${call}": ${wrong}`]
  })

/**
 * Commands that a sentence names and that there are not: "naru sttaus". For any sentence, where `wrongCommands` is for one
 * that says what to type. What follows `git push naru` is none.
 */
export function unknownCommands(sentence: string): string[] {
  const named = sentence.matchAll(/(\w+ )?(?<![/\w.])naru ([a-z][a-z-]*(?: [a-z][a-z-]*)?)/g)
  return [...named].flatMap(([, before = '', words = '']) =>
    before === 'push ' || before === 'remote ' || isKnown(words.split(' '))
      ? []
      : [`naru ${words}`],
  )
}

/** A second word is a command only of a group; of others it is an argument, or how the sentence goes on. */
function isKnown([first = '', second]: string[]): boolean {
  const command = commandOf(naru, first)
  if (command === undefined) return false
  const isInner = second !== undefined && naru.commands.some((one) => commandOf(one, second))
  return !isInner || command.commands.length === 0 || commandOf(command, second) !== undefined
}

const commandOf = ({ commands }: Command, name: string): Command | undefined =>
  commands.find((command) => command.name() === name)

const naru: Command = program(
  {
    terminal: terminalOf(process, false),
    streams: process,
    words: english,
    environment: {},
    folder: '/',
    programs: '/',
    planBuild,
    planDockerfile,
  },
  process,
)

/** Each "naru …" up to where another begins or the clause ends; the remote of that name is none. */
function callsIn(sentence: string): string[] {
  const starts = [...sentence.matchAll(/(?<![\w.:/=@"-]|remote )naru (?=[a-z-])/g)]
    .map(({ index }) => index)
    .filter((index) => !/\bgit [a-z-]+ (?:-\S+ )*$/.test(sentence.slice(0, index)))
  return starts.map((start, index) => {
    const text = sentence.slice(start, starts[index + 1])
    return text.split(/[;,)\n]|\. | or | then | 또는 | 다음 /)[0]?.trim() ?? ''
  })
}

function mistakeIn(words: readonly string[]): string | undefined {
  let command = naru
  let at = 0
  for (; at < words.length; at += 1) {
    const name = words[at]?.match(/^[a-z-]+/)?.[0]
    const next = commandOf(command, name ?? '')
    if (next === undefined) break
    command = next
  }
  if (command === naru && !words[0]?.startsWith('--')) return 'there is no such command'
  return optionMistake(command, words.slice(at), words.at(-1)?.endsWith('?') ?? false)
}

function optionMistake(
  command: Command,
  words: readonly string[],
  isAsked: boolean,
): string | undefined {
  // With --help it needs nothing, and "did you mean naru builds show?" is what was typed, spelled right.
  const isWhole = !words.includes('--help') && !isAsked
  const needed = isWhole ? command.registeredArguments.filter(({ required }) => required).length : 0
  let given = 0
  for (let at = 0; at < words.length; at += 1) {
    const [flag = '', value] = (words[at] ?? '').split('=', 2)
    const name = flag.match(/^--[a-z-]+/)?.[0]
    if (flag === '--') return given + words.length - at - 1 < needed ? missing(needed) : undefined
    if (name === undefined) {
      given += 1
      continue
    }
    const option = optionsOf(command).find(({ long }) => long === name)
    if (option === undefined && name !== '--help') return `there is no option ${name}`
    if (!option?.required || value !== undefined) continue
    at += 1
    if (words[at] === undefined || words[at]?.startsWith('--')) return `${name} needs a value`
  }
  return given < needed ? missing(needed) : undefined
}

const missing = (needed: number) =>
  `it needs ${needed === 1 ? 'a word' : `${needed} words`} after it`

const optionsOf = (command: Command): readonly { long?: string; required: boolean }[] =>
  command.parent === null
    ? command.options.map(asOption)
    : [...command.options.map(asOption), ...optionsOf(command.parent)]

const asOption = ({ long, required }: Command['options'][number]) => ({
  required,
  ...(long === undefined ? {} : { long }),
})
