import { describe, expect, test } from 'vitest'
import { readSource, sourcesIn } from './sources.ts'

/** Each row of the page that names a test: its file, and its title as the file has it. */
const rows = readSource('docs/faults.md')
  .lines.map((line) => /\| `([a-z-]+)`: (.+) \|$/.exec(line))
  .filter((found) => found !== null)
  .map(([, file = '', title = '']) => ({ file, title }))

/** With the words that a title takes from its table left open. */
const tests = sourcesIn('test/faults', '.test.ts').map(({ path, text }) => ({
  path,
  text: text.replaceAll(/%s|\$[a-z]+\b/g, '…'),
}))

describe('docs/faults.md', () => {
  test('has a row for every kind of fault', () => {
    expect(rows.length).toBeGreaterThan(40)
  })

  test('names tests that are there', () => {
    const missing = rows.filter(({ file, title }) => {
      const source = tests.find(({ path }) => path === `test/faults/${file}.test.ts`)
      return !(source && [`'${title}'`, `"${title}"`].some((text) => source.text.includes(text)))
    })
    expect(missing).toEqual([])
  })

  test('names every file of tests that is there', () => {
    // What is lossless is shown there of deployments alone.
    const others = ['test/faults/lossless.test.ts']
    const named = new Set([...others, ...rows.map(({ file }) => `test/faults/${file}.test.ts`)])
    expect(tests.map(({ path }) => path).filter((path) => !named.has(path))).toEqual([])
  })

  test('ends each row of a table with its test', () => {
    const cells = readSource('docs/faults.md').lines.filter((line) => line.startsWith('| '))
    const headings = cells.filter((line) => /^\| (?:fault|---) \|/.test(line))
    expect(cells.length - headings.length).toBe(rows.length)
  })
})
