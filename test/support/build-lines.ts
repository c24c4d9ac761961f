import type { Recipe } from '../../src/build/recipe-types.ts'
import { catalogues } from '../../src/contract/words/languages.ts'
import type { Language } from '../../src/contract/words/words.ts'
import type { BuildLine } from '../../src/model/build-note.ts'

/** A line of a build's log as somebody reads it. */
export const readLine = (line: BuildLine, language: Language = 'en'): string =>
  typeof line === 'string' ? line : catalogues[language].buildNote(line)

/** A recipe as it is read, with its reasons as English sentences. */
export type Said = Omit<Recipe, 'reasons'> & { reasons: string[] }

export const inWords = (recipe: Recipe): Said => ({
  ...recipe,
  reasons: recipe.reasons.map((reason) => catalogues.en.buildReason(reason)),
})
