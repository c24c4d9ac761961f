import { wordDistance } from '../base/word-distance.ts'

/** The word that was probably meant; undefined when none is near. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const near = words
    .map((candidate) => ({ candidate, distance: wordDistance(word, candidate) }))
    .filter(
      ({ candidate, distance: far }) =>
        far <= limit || (word.length > 2 && candidate.startsWith(word)),
    )
  return near.sort((a, b) => a.distance - b.distance)[0]?.candidate
}
