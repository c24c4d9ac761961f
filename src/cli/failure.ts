import { randomBytes } from 'node:crypto'
import { CommanderError } from 'commander'
import { catalogue, NaruError, type Problem } from '../base/error.ts'
import { ApiFailure, isKnownCode } from '../contract/failure.ts'
import { sayProblem, type Words } from '../contract/words/words.ts'
import { printable, type Terminal } from './terminal.ts'

/** A failure as it is printed, and what the command exits with. */
export type SaidFailure = {
  message: string
  hint: string | undefined
  code: string
  facts: Record<string, unknown>
  exit: number
}

/**
 * Puts anything that was thrown into words. What nobody expected is a bug in Naru and says so in a line: with its
 * stack only where the `environment` of whoever typed the command asks for it.
 */
export function sayFailure(
  error: unknown,
  words: Words,
  environment?: NodeJS.ProcessEnv,
): SaidFailure {
  if (error instanceof ApiFailure) {
    const { message, hint, code, facts, exit } = error
    return { message, hint, code, facts, exit }
  }
  if (error instanceof NaruError) return said(error.problem, words)
  if (error instanceof CommanderError) return said(usageProblem(error, words), words)
  const facts = { report: reportOf(error), here: environment !== undefined }
  const failure = said({ code: 'naru.broken', facts }, words)
  if (!environment?.['NARU_DEBUG'] || !(error instanceof Error)) return failure
  return { ...failure, message: `${failure.message}\n${error.stack ?? ''}` }
}

/** Whether nobody expected it: everything else has words of its own. */
export const isBug = (error: unknown): boolean =>
  !(error instanceof ApiFailure || error instanceof NaruError || error instanceof CommanderError)

/** Three lines on stderr: what happened, what to type next, and the code that scripts and the docs know it by. */
export function printFailure(terminal: Terminal, { message, hint, code }: SaidFailure): void {
  const { err, errPaint } = terminal
  const [first = '', ...more] = printable(message).split('\n')
  err(`${errPaint('red', '✖')} ${first}`)
  for (const line of more) err(`  ${line}`)
  if (hint !== undefined) err(`  ${errPaint('cyan', '→')} ${printable(hint)}`)
  err(`  ${errPaint('dim', `(${code})`)}`)
}

/** The same for a script, in one line on stderr: stdout holds answers alone. */
export function printFailureAsData({ err }: Terminal, { exit: _, ...failure }: SaidFailure): void {
  err(JSON.stringify({ failure }))
}

/** A problem as the API sends it; one that this version has no words for is said by its code. */
export function problemOf(
  view: { code: string; facts: Record<string, unknown> },
  words: Words,
): Problem {
  if (isKnownCode(view.code)) return view as Problem
  return {
    code: 'naru.broken',
    facts: { report: words.commandLine.unknownFailure(view.code) },
  }
}

/** The reason alone, on one line, for inside another sentence. */
export const sayProblemShortly = (problem: Problem, words: Words): string =>
  sayProblem(words, problem).message.replaceAll('\n', '; ')

/** What is thrown may quote whole files; its first line names it. The number finds it in a terminal's history. */
function reportOf(error: unknown): string {
  const [first = ''] = String(error).split('\n')
  return `${first.slice(0, 300)} [${randomBytes(4).toString('hex')}]`
}

function said(problem: Problem, words: Words): SaidFailure {
  const { message, hint } = sayProblem(words, problem)
  const { code, facts } = problem
  return { message, hint, code, facts, exit: catalogue[code].exit }
}

/** What commander did not understand, in our own words; it names the details in its message alone. */
function usageProblem({ code, message }: CommanderError, words: Words): Problem {
  const { mistakes } = words.commandLine
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const [one = '', other = ''] = [...first.matchAll(/'([^']+)'/g)].map(([, name]) => name)
  const [expected = 0, found = 0] = [...first.matchAll(/\d+/g)].slice(-2).map(Number)
  const said: Record<string, () => string> = {
    'commander.unknownOption': () => mistakes.unknownOption(one),
    'commander.missingArgument': () => mistakes.missingArgument(one),
    'commander.optionMissingArgument': () => mistakes.missingValue(one),
    'commander.missingMandatoryOptionValue': () => mistakes.missingOption(one),
    'commander.conflictingOption': () => mistakes.conflictingOptions(one, other),
    'commander.excessArguments': () => mistakes.excessArguments(one, expected, found),
  }
  const meant = suggestion?.match(/^\(Did you mean (?:one of )?(.*)\?\)$/)?.[1]
  const facts = {
    what: said[code]?.() ?? first.replace(/\.$/, ''),
    expected: meant === undefined ? 'naru help' : mistakes.didYouMean(meant),
  }
  return { code: 'usage.invalid', facts }
}
