import type { ErrorWords } from '../../said.ts'
import { object } from '../particles.ts'
import { sayMistake } from '../spec.ts'

export const specErrors = {
  'spec.invalid': ({ file, mistakes }) => ({
    message: mistakes.map((mistake) => sayMistake(file, mistake)).join('\n'),
    hint: `${object(file)} 고친 다음 git push나 naru deploy로 다시 보내십시오`,
  }),
} satisfies Partial<ErrorWords>
