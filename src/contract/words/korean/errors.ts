import type { ErrorWords } from '../said.ts'
import { appErrors } from './errors/app.ts'
import { archiveErrors } from './errors/archive.ts'
import { buildErrors } from './errors/build.ts'
import { jobErrors } from './errors/jobs.ts'
import { languageErrors } from './errors/languages.ts'
import { machineErrors } from './errors/machine.ts'
import { placeErrors } from './errors/places.ts'
import { pushErrors } from './errors/push.ts'
import { recipeErrors } from './errors/recipes.ts'
import { releaseErrors } from './errors/release.ts'
import { requestErrors } from './errors/request.ts'
import { rolloutErrors } from './errors/rollout.ts'
import { specErrors } from './errors/spec.ts'

export const errors: ErrorWords = {
  ...requestErrors,
  ...machineErrors,
  ...appErrors,
  ...specErrors,
  ...placeErrors,
  ...pushErrors,
  ...archiveErrors,
  ...buildErrors,
  ...recipeErrors,
  ...languageErrors,
  ...releaseErrors,
  ...rolloutErrors,
  ...jobErrors,
}
