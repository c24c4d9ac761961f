import { describe, expect, it } from 'vitest'
import {
  acceptedLanguage,
  languageOf,
  languageOfEnvironment,
} from '../../src/contract/words/languages.ts'

describe('the language of a name', () => {
  it.each([
    ['ko', 'ko'],
    ['ko-KR', 'ko'],
    ['ko_KR.UTF-8', 'ko'],
    ['KO', 'ko'],
    ['en_US', 'en'],
    ['kok_IN', undefined],
    ['C.UTF-8', undefined],
    ['POSIX', undefined],
    ['', undefined],
    ['korean', undefined],
    ['constructor', undefined],
  ])('%s is %s', (name, language) => {
    expect(languageOf(name)).toBe(language)
  })
})

describe('the language of an environment', () => {
  it.each([
    [{}, 'en'],
    [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', LC_MESSAGES: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'ko_KR.UTF-8', LC_ALL: '' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', NARU_LANG: 'en' }, 'en'],
    [{ LANG: 'en_US.UTF-8', NARU_LANG: 'ko' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', NARU_LANG: 'klingon' }, 'ko'],
    [{ LANG: 'fr_FR.UTF-8' }, 'en'],
  ])('%j is %s', (environment, language) => {
    expect(languageOfEnvironment(environment)).toBe(language)
  })
})

describe('the language that a request accepts', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['ko', 'ko'],
    ['ko-KR,ko;q=0.9,en;q=0.8', 'ko'],
    ['ko-KR, *;q=0.9', 'ko'],
    ['en-US,en;q=0.9,ko;q=0.8', 'en'],
    ['fr, ko;q=0.3, en;q=0.2', 'ko'],
    ['ko;q=0, en;q=0.1', 'en'],
    ['fr-FR', undefined],
    ['*', undefined],
    [';;;,,q=ko', undefined],
  ])('%s is %s', (header, language) => {
    expect(acceptedLanguage(header)).toBe(language)
  })
})
