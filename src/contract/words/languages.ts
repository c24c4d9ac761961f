import { english } from './english/english.ts'
import { korean } from './korean/korean.ts'
import type { Language, Words } from './words.ts'

/** Every catalogue there is, by the code of its language. */
export const catalogues: Readonly<Record<Language, Words>> = { en: english, ko: korean }

/** "ko", "ko-KR", "ko_KR.UTF-8"; undefined for a language that has no catalogue. */
export function languageOf(tag: string): Language | undefined {
  const name = /^([a-z]{2,3})(?:$|[-_.@])/i.exec(tag.trim())?.[1]?.toLowerCase() ?? ''
  return isLanguage(name) ? name : undefined
}

/** The language of an `Accept-Language` header that its sender likes best and that there is; undefined where there is none. */
export function acceptedLanguage(header: string | undefined): Language | undefined {
  const wishes = (header ?? '').split(',').flatMap((wish, index) => {
    const [tag = '', ...parameters] = wish.split(';')
    const language = languageOf(tag)
    const weight = Number(/^\s*q=([\d.]+)\s*$/.exec(parameters.join(';'))?.[1] ?? '1')
    return language === undefined || !(weight > 0) ? [] : [{ language, weight, index }]
  })
  return wishes.sort((a, b) => b.weight - a.weight || a.index - b.index)[0]?.language
}

/** NARU_LANG, then the locale of the environment as every program reads it; English where neither says more. */
export function languageOfEnvironment(environment: Readonly<Record<string, string | undefined>>) {
  const asked = languageOf(environment['NARU_LANG'] ?? '')
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  return asked ?? languageOf(locale) ?? 'en'
}

const isLanguage = (name: string): name is Language => Object.hasOwn(catalogues, name)
