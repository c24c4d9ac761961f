import { expect, test } from 'vitest'
import { pages } from './pages.ts'
import { readSource } from './sources.ts'

// docs/errors.md has tests of its own beside this one.
const ofSpec = Object.keys(pages).filter((path) => path.includes('naru'))

test.each(ofSpec)('%s says what the sources say; npm run docs writes it', (path) => {
  expect(readSource(path).text).toBe(pages[path]?.())
})
