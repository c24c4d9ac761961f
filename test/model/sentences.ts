import { NaruError } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english/english.ts'
import { sayProblem } from '../../src/contract/words/words.ts'
import { parseSpec } from '../../src/model/spec-file.ts'

export const parse = (text: string | undefined, environment?: string) =>
  parseSpec(text, { file: 'naru.yaml', ...(environment !== undefined && { environment }) })

/** The sentences that a person reads, one a mistake, without the name of the file. */
export function sentences(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof NaruError) || error.code !== 'spec.invalid') throw error
    return sayProblem(english, error.problem)
      .message.split('\n')
      .map((line) => line.replace(/^naru\.yaml:/, ''))
  }
  return []
}
