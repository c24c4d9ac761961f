import { catalogue, type ErrorCode, NaruError } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english/english.ts'
import { sayProblem } from '../../src/contract/words/words.ts'
import { factsOf } from '../contract/samples.ts'

/** The text of `docs/errors.md`: every code with an example of what a person reads. */
export function errorPage(): string {
  const codes = Object.keys(factsOf) as ErrorCode[]
  return [
    head,
    ...Object.entries(exits).map(([exit, meaning]) => `| ${exit} | ${meaning} |`),
    '',
    ...codes.map(section),
  ].join('\n')
}

function section(code: ErrorCode): string {
  const { message, hint } = sayProblem(english, new NaruError(code, factsOf[code]).problem)
  const { status, exit } = catalogue[code]
  const said = [...message.split('\n'), ...(hint === undefined ? [] : [`next: ${hint}`])]
  return [
    `## ${code}`,
    '',
    `Exit code ${exit}, HTTP ${status}. For example:`,
    '',
    ...said.map((line) => `    ${line}`),
    '',
  ].join('\n')
}

const head = `# Errors

Written by \`npm run docs\` from \`src/base/error.ts\` and \`src/contract/words/english/\`. Every failure that a person sees is one of
these. With \`--json\` the last line on stderr is \`{ "failure": { code, facts, message, hint } }\`, so that a script need not read sentences.

| exit code | means |
| --- | --- |
| 0 | it worked |`

/** What a script can tell from the exit code alone. */
const exits: Record<number, string> = {
  1: 'something in Naru broke',
  2: 'the command or the request was not understood, nothing changed',
  3: 'the token is missing, unknown or not allowed to do this',
  4: 'there is no such thing',
  5: 'no server answers',
  6: 'this machine: a port, a folder, Node.js, git',
  7: 'not like this: the spec, a secret, the branch, the state of a deployment',
  8: 'the build failed, there is no release',
  10: 'the release did not become healthy or did not stay so',
  11: 'something newer took over: a push, a rollback, a deployment',
  12: 'the deployment was aborted, or the build cancelled',
}
