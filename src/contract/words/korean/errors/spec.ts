import type { ErrorWords } from '../../said.ts'
import { object } from '../particles.ts'
import { sayMistake } from '../spec.ts'

export const specErrors = {
  'spec.invalid': ({ file, mistakes }) => ({
    message: mistakes.map((mistake) => sayMistake(file, mistake)).join('\n'),
    hint: `${object(file)} 고치고 커밋한 다음 git push naru main`,
  }),
} satisfies Partial<ErrorWords>
