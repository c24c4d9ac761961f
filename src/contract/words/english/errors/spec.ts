import type { ErrorWords } from '../../said.ts'
import { sayMistake } from '../spec.ts'

export const specErrors = {
  'spec.invalid': ({ file, mistakes }) => ({
    message: mistakes.map((mistake) => sayMistake(file, mistake)).join('\n'),
    hint: `correct ${file}, then ship it again, by git push or naru deploy`,
  }),
} satisfies Partial<ErrorWords>
