import { Writable } from 'node:stream'
import { planBuild } from '../../src/build/planner.ts'
import { program } from '../../src/cli/program.ts'
import { terminalOf } from '../../src/cli/terminal.ts'
import { english } from '../../src/contract/words/english/english.ts'

/** Commands that a sentence names and that there are not: "naru sttaus". What follows `git push naru` is none. */
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
  const inner = commands.get(first)
  if (inner === undefined) return false
  const looksLikeOne = second !== undefined && allInner.has(second)
  return !looksLikeOne || inner.size === 0 || inner.has(second)
}

const commands = commandNames()
const allInner = new Set([...commands.values()].flatMap((names) => [...names]))

function commandNames(): ReadonlyMap<string, ReadonlySet<string>> {
  const nowhere = Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), {
    isTTY: false,
  })
  const streams = { stdin: process.stdin, stdout: nowhere, stderr: nowhere }
  const session = {
    terminal: terminalOf(streams, false),
    words: english,
    environment: {},
    folder: '/',
    programs: '/',
    planBuild,
    streams,
  }
  return new Map(
    program(session, streams).commands.map((command) => [
      command.name(),
      new Set(command.commands.map((inner) => inner.name())),
    ]),
  )
}
