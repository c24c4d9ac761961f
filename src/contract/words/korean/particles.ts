/**
 * Korean particles right after any word: `topic('shop')` is "shop은", `topic('Naru')` "Naru는". They go by the sound that
 * the word ends with: a final consonant, ㄹ, or a vowel. Brackets, quotes and stops at its end have no sound.
 */
export const topic = (word: string): string => word + pick(word, '은', '는')
export const subject = (word: string): string => word + pick(word, '이', '가')
export const object = (word: string): string => word + pick(word, '을', '를')
export const together = (word: string): string => word + pick(word, '과', '와')
/** "into", "by", "as": 로 after ㄹ as well. */
export const toward = (word: string): string =>
  word + (endingOf(word) === 'consonant' ? '으로' : '로')

/** How a word ends to the ear. A script that nobody here can read counts as a vowel. */
export function endingOf(word: string): Ending {
  const heard = word.normalize('NFC').replace(/[^\p{L}\p{N}%]+$/u, '')
  const last = [...heard].at(-1) ?? ''
  if (/[가-힣]/.test(last)) return ofSyllable(last)
  if (/[ㄱ-ㅎ]/.test(last)) return last === 'ㄹ' ? 'liquid' : 'consonant'
  if (/[0-9]/.test(last)) return ofNumber(heard)
  if (/[んン]/.test(last)) return 'consonant'
  const latin = heard.normalize('NFD').replace(/\p{M}/gu, '')
  return /[a-z]$/i.test(latin) ? ofLatin(latin) : 'vowel'
}

type Ending = 'consonant' | 'liquid' | 'vowel'

const pick = (word: string, closed: string, open: string): string =>
  endingOf(word) === 'vowel' ? open : closed

/** The final consonant is what is left of the syllable's number by 28; 8 is ㄹ. */
function ofSyllable(syllable: string): Ending {
  const final = ((syllable.codePointAt(0) ?? 0) - 0xac00) % 28
  return final === 0 ? 'vowel' : final === 8 ? 'liquid' : 'consonant'
}

/** 영 일 이 삼 사 오 육 칠 팔 구 */
const digits: Readonly<Record<string, Ending>> = {
  0: 'consonant',
  1: 'liquid',
  2: 'vowel',
  3: 'consonant',
  4: 'vowel',
  5: 'vowel',
  6: 'consonant',
  7: 'liquid',
  8: 'liquid',
  9: 'vowel',
}

/** A number that ends in zeros ends with its unit: 십, 백, 천, 만, 억, and 조, which alone has no final consonant. */
function ofNumber(text: string): Ending {
  const number = /(?:^|[^0-9.,])(\d{1,3}(?:,\d{3})+|\d+)$/.exec(text)?.[1]?.replaceAll(',', '')
  const zeros = /[1-9](0*)$/.exec(number ?? '')?.[1]?.length ?? 0
  if (zeros >= 12 && zeros < 16) return 'vowel'
  return digits[text.at(-1) ?? ''] ?? 'vowel'
}

/** The last word of letters: by letter where it cannot be spoken ("npm", "URL"), else as it is usually read. */
function ofLatin(text: string): Ending {
  const word = (/[A-Za-z]+$/.exec(text)?.[0] ?? '').toLowerCase()
  if (word.length === 1 || !/[aeiouy]/.test(word)) return letters[word.at(-1) ?? ''] ?? 'vowel'
  const known = readings[word]
  if (known !== undefined) return known
  if (/[lL]$/.test(word) || /[^aeiouy]le$/.test(word) || /[aeiou]le$/.test(word)) return 'liquid'
  if (/[mn]$|ng$|[aeiouy][mn]e$/.test(word)) return 'consonant'
  // A short vowel before it makes it a final consonant: 웹, 깃, 스택; a long one or another consonant does not: 포트.
  return /(?:^|[^aeiou])[aeiouy](?:ck|pp|tt|[bckpt])$/.test(word) ? 'consonant' : 'vowel'
}

/** Names of letters: 엘, 엠, 엔, 알; those of all others end in a vowel. */
const letters: Readonly<Record<string, Ending>> = {
  l: 'liquid',
  m: 'consonant',
  n: 'consonant',
  r: 'liquid',
}

/** Words of this trade that are read otherwise than the rules say. */
const readings: Readonly<Record<string, Ending>> = {
  api: 'vowel',
  check: 'vowel',
  hub: 'vowel',
  github: 'vowel',
  image: 'vowel',
  sock: 'consonant',
  type: 'consonant',
  pipeline: 'consonant',
  http: 'vowel',
  java: 'vowel',
  yaml: 'liquid',
  sql: 'liquid',
  id: 'vowel',
  ip: 'vowel',
  ui: 'vowel',
  os: 'vowel',
  env: 'vowel',
  cli: 'vowel',
}
