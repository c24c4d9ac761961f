import { errorPage } from './error-page.ts'
import { specPage } from './spec-page.ts'
import { schemaText } from './spec-schema.ts'

/** What `npm run docs` writes, by path from the root of the clone. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/naru-yaml.md': specPage,
  'docs/naru.schema.json': schemaText,
  'docs/errors.md': errorPage,
}
