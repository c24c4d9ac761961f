import ts from 'typescript'
import { expect, it } from 'vitest'
import { root } from '../house/sources.ts'

/** Catalogues that say some keys otherwise than English does. */
const changes = {
  none: '',
  same: 'following: { ...following, stableIn: (seconds) => String(seconds) }',
  'no error': 'errors',
  'no sentence': 'following',
  'other facts': 'following: { ...following, stableIn: (text: string) => text }',
  'no facts': "following: { ...following, stableIn: 'soon' }",
}

const complaints = compiled()

it('a catalogue that has every key is one', () => {
  expect(complaints.none).toEqual([])
  expect(complaints.same).toEqual([])
})

it('a key that misses is a type error that names it', () => {
  expect(complaints['no error']).toEqual([expect.stringContaining('router.down')])
  expect(complaints['no sentence']).toEqual([expect.stringContaining('stableIn')])
})

it('a sentence that wants other facts, or none, is a type error', () => {
  expect(complaints['other facts']).toHaveLength(1)
  expect(complaints['no facts']).toHaveLength(1)
})

/** What the compiler says of each of them. */
function compiled(): Record<keyof typeof changes, string[]> {
  const texts = new Map(
    Object.values(changes).map((change, index) => [
      `${root}test/contract/another-language-${index}.ts`,
      textOf(change),
    ]),
  )
  const options = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )?.options
  const host = ts.createCompilerHost({ ...options })
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => texts.has(name) || fileExists(name)
  host.getSourceFile = (name, ...how) => {
    const text = texts.get(name)
    return text === undefined
      ? getSourceFile(name, ...how)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
  }
  const program = ts.createProgram([...texts.keys()], { ...options, noEmit: true }, host)
  const said = [...texts.keys()].map((name) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(name))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  )
  const names = Object.keys(changes) as (keyof typeof changes)[]
  return Object.fromEntries(names.map((name, index) => [name, said[index]])) as ReturnType<
    typeof compiled
  >
}

function textOf(change: string): string {
  return `
    import { english } from '../../src/contract/words/english/english.ts'
    import type { Words } from '../../src/contract/words/words.ts'
    const { 'router.down': routerDown, ...errors } = english.errors
    const { stableIn, ...following } = english.following
    export const another: Words = { ...english, ${change} }
    void [routerDown, errors, stableIn, following]
  `
}
