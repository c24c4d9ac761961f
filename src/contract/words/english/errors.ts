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

/** Every failure. A message says what happened and how things stand now; a hint is the next thing to type. */
export const errors: ErrorWords = {
  ...requestErrors,
  ...machineErrors,
  ...appErrors,
  ...specErrors,
  ...placeErrors,
  ...pushErrors,
  ...archiveErrors,
  ...buildErrors,
  ...languageErrors,
  ...recipeErrors,
  ...releaseErrors,
  ...rolloutErrors,
  ...jobErrors,
}
