import { describe, expect, test } from 'vitest'
import { endingOf } from '../../src/contract/words/korean/particles.ts'
import { catalogues } from '../../src/contract/words/languages.ts'
import type { Language } from '../../src/contract/words/words.ts'
import { unknownCommands } from '../support/named-commands.ts'
import { sampleCalls } from './sample-facts.ts'

/** `isBare`: said of an empty list, which some sentences are never said of. */
type Sentence = { path: string; text: string; isBare: boolean }

const calls = sampleCalls()
const english = said('en')
const korean = said('ko')
const inEnglish = new Map(english.map(({ path, text }) => [path, text]))

test('every sentence of the catalogue is rendered, in both languages alike', () => {
  expect(english.length).toBeGreaterThan(400)
  const paths = (sentences: readonly Sentence[]) => sentences.map(({ path }) => path)
  expect(paths(korean)).toEqual(paths(english))
})

describe.each([
  ['English', english],
  ['Korean', korean],
])('no sentence in %s', (_, sentences) => {
  test.each([
    ['shows what a program calls nothing', /undefined|NaN|\[object|\bnull\b|function|=>/],
    ['has two spaces, or one at its end', /\S {2,}\S|[^:?] $/m],
    ['has braces that should have been filled', /\$\{|\{\w+\}/],
    ['ends with two stops, or has a stop before a comma', /\.\.$|\.,|,,|\(\)/],
  ])('%s', (_what, wrong) => {
    const odd = sentences.filter(
      ({ text, path, isBare }) =>
        wrong.test(text) && !isBare && !asItIs.some((excused) => path.startsWith(excused)),
    )
    expect(shown(odd)).toEqual([])
  })
})

test('every command that a sentence names is one', () => {
  expect(unknownCommands('naru sttaus shows it; git push naru main; naru status')).toEqual([
    'naru sttaus shows',
  ])
  expect(unknownCommands('naru builds unset, naru settings unset')).toEqual(['naru builds unset'])
  const wrong = [...english, ...korean].filter(({ text }) => unknownCommands(text).length > 0)
  expect(shown(wrong)).toEqual([])
})

describe('a sentence in Korean', () => {
  test('has Hangul in it, unless it is nothing but names and commands, which are the same in English', () => {
    const foreign = korean.filter(
      ({ text, path }) => !/[가-힣]/.test(text) && !isOf(inEnglish.get(path) ?? '', text),
    )
    expect(shown(foreign)).toEqual([])
  })

  test('never has both forms of a particle', () => {
    const both =
      /[은는이가을를과와으로]\([은는이가을를과와으로]+\)|\([은는이가을를과와으로]+\)[는가를와로]/
    expect(shown(korean.filter(({ text }) => both.test(text)))).toEqual([])
  })

  test('has the right particle after a name or a number', () => {
    const wrong = korean.filter(({ text }) =>
      [
        ...text.matchAll(
          /([\p{L}\p{N}._:/-]*[a-zA-Z0-9]["')\]]*)(은|는|이|가|을|를|과|와|으로|로)(?=[\s.,:;)]|$)/gu,
        ),
      ].some(([, word = '', particle = '']) => !fits(word, particle)),
    )
    expect(shown(wrong)).toEqual([])
  })

  test('has the particle right behind the word, with no space between them', () => {
    const apart = /[A-Za-z0-9)"'`}>] (?:은|는|을|를|에서|에|으로|로|과|와)(?=[ .,]|$)/
    expect(shown(korean.filter(({ text }) => apart.test(text)))).toEqual([])
  })

  test('speaks politely and plainly throughout: 합니다, 하십시오', () => {
    const casual = /세요|[해어예에아]요(?:[.,!?\s]|$)/
    expect(shown(korean.filter(({ text }) => casual.test(text)))).toEqual([])
  })
})

/** Whether every word of the text is one of the sentence. */
const isOf = (sentence: string, text: string): boolean => {
  const wordsOf = (line: string) => line.toLowerCase().match(/[\w/=-]+/g) ?? []
  const words = new Set<string>(wordsOf(sentence))
  return wordsOf(text).every((word) => words.has(word))
}

/** Each once: the facts differ, the sentence is the same. */
const shown = (sentences: readonly Sentence[]): string[] => [
  ...new Map(
    sentences.map(({ path, text }) => [path.replace(/\.\d+/g, ''), `${path}: ${text}`]),
  ).values(),
]

/** Where text of a program, or nothing at all, is the point; and the columns of a build's log. */
const asItIs = ['commands.doctor.say', 'buildNote']

function fits(word: string, particle: string): boolean {
  const ending = endingOf(word)
  if (particle === '으로') return ending === 'consonant'
  if (particle === '로') return ending !== 'consonant'
  return '은이을과'.includes(particle) ? ending !== 'vowel' : ending === 'vowel'
}

/** Every text that a catalogue can say for the sample facts, in the order of where it comes from. */
function said(language: Language): Sentence[] {
  return texts(catalogues[language], []).sort((a, b) => (a.path < b.path ? -1 : 1))
}

function texts(value: unknown, path: string[], isBare = false): Sentence[] {
  if (typeof value === 'string') return [{ path: path.join('.'), text: value, isBare }]
  if (typeof value === 'function') {
    const rows = calls.get(path.join('.'))
    if (rows === undefined) throw new Error(`no sample facts for ${path.join('.')}`)
    return rows.flatMap((row, index) =>
      texts(value(...row), [...path, String(index)], JSON.stringify(row).includes('[]')),
    )
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'language' && path.length === 0 ? [] : texts(inner, [...path, key], isBare),
  )
}
