import { expect, test } from 'vitest'
import { catalogues } from '../../src/contract/words/languages.ts'
import { countCommands, wrongCommands } from '../support/named-commands.ts'
import { sampleCalls } from './sample-facts.ts'

const calls = sampleCalls()

test.each(['en', 'ko'] as const)('every command that a sentence names exists (%s)', (language) => {
  const sentences = textsOf(catalogues[language], '')
  const wrong = sentences.flatMap(({ path, text }) =>
    wrongCommands(text).map((mistake) => `${path.replace(/\.\d+/g, '')}: ${mistake}`),
  )
  expect([...new Set(wrong)]).toEqual([])
  expect(sentences.filter(({ text }) => countCommands(text) > 0).length).toBeGreaterThan(100)
})

test.each([
  ['naru stauts', 'there is no such command'],
  ['naru logs --relase v3 shows them', 'there is no option --relase'],
  ['git init, then naru up --http', '--http needs a value'],
  ['naru secret set; naru status', 'it needs a word after it'],
])('a hint is checked against the command line itself: %s', (hint, wrong) => {
  expect(wrongCommands(hint)).toEqual([expect.stringContaining(wrong)])
})

test('a hint may go on in prose, and git push naru main is no command of Naru', () => {
  expect(
    wrongCommands('naru apps shows those there are; naru logs --release v3로 보십시오'),
  ).toEqual([])
  expect(countCommands('git push naru main, or git push -f naru main')).toBe(0)
})

type Text = { path: string; text: string }

function textsOf(value: unknown, path: string): Text[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (typeof value === 'function')
    return (calls.get(path) ?? []).flatMap((row, index) =>
      textsOf(value(...row), `${path}.${index}`),
    )
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    textsOf(inner, path === '' ? key : `${path}.${key}`),
  )
}
