import { randomBytes } from 'node:crypto'
import { CommanderError } from 'commander'
import { catalogue, NaruError, type Problem } from '../base/error.ts'
import { ApiFailure, isKnownCode } from '../contract/failure.ts'
import { english } from '../contract/words/english.ts'
import { sayProblem } from '../contract/words/words.ts'
import { printable, type Terminal } from './terminal.ts'

/** A failure as it is printed, and what the command exits with. */
export type SaidFailure = { message: string; hint: string | undefined; code: string; exit: number }

/** Puts anything that was thrown into words. What nobody expected is a bug in Naru and says so. */
export function sayFailure(error: unknown): SaidFailure {
  if (error instanceof ApiFailure) {
    return { message: error.message, hint: error.hint, code: error.code, exit: error.exit }
  }
  if (error instanceof NaruError) return said(error.problem)
  if (error instanceof CommanderError) return said(usageProblem(error))
  const report = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return said({
    code: 'naru.broken',
    facts: { report: `${randomBytes(4).toString('hex')} ${report}` },
  })
}

/** Three lines on stderr: what happened, what to type next, and the code that scripts and the docs know it by. */
export function printFailure(terminal: Terminal, { message, hint, code }: SaidFailure): void {
  const { err, errPaint } = terminal
  const [first = '', ...more] = printable(message).split('\n')
  err(`${errPaint('red', '✖')} ${first}`)
  for (const line of more) err(`  ${line}`)
  if (hint !== undefined) err(`  ${errPaint('cyan', '→')} ${printable(hint)}`)
  err(`  ${errPaint('dim', `(${code})`)}`)
}

/** A problem as the API sends it; one that this version has no words for is said by its code. */
export function problemOf(view: { code: string; facts: Record<string, unknown> }): Problem {
  if (isKnownCode(view.code)) return view as Problem
  return {
    code: 'naru.broken',
    facts: { report: `the server says ${view.code}, which this version does not know` },
  }
}

/** The reason alone, on one line, for inside another sentence. */
export const sayProblemShortly = (problem: Problem): string =>
  sayProblem(english, problem).message.replaceAll('\n', '; ')

function said(problem: Problem): SaidFailure {
  const { message, hint } = sayProblem(english, problem)
  return { message, hint, code: problem.code, exit: catalogue[problem.code].exit }
}

/** "error: unknown option '--jsn'\n(Did you mean --json?)" in our form. */
function usageProblem({ message }: CommanderError): Problem {
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const expected = suggestion?.replace(/^\(D(id you mean .*)\?\)$/, 'd$1?') ?? 'naru help'
  return { code: 'usage.invalid', facts: { what: what.replace(/\.$/, ''), expected } }
}
