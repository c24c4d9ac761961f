import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSource } from './sources.ts'

/** The files whose every test is a behaviour that visitors and apps can rely on. */
const pages = [
  'answers.test',
  'chaos.test',
  'claims.test',
  'contract',
  'idle.test',
  'queue.test',
  'slow.test',
]
const files = [...pages, 'smuggling.test'].map((name) => `test/route/${name}.ts`)

type Named = { file: string; title: string }

const rows = readSource('docs/router.md').lines.filter((line) => /^\| (?!---)/.test(line))

/** What the last column of a row names; null where that is not how it is written. */
function namedBy(row: string): Named[] | null {
  const cell = row.split(' | ').at(-1)?.replace(/ \|$/, '') ?? ''
  const parts = cell.split(/; (?=\[)/).map((part) => /^\[\w[\w-]*\]\((\S+)\): (.+)$/.exec(part))
  if (parts.some((part) => part === null)) return null
  return parts.map((part) => ({
    file: join(dirname('docs/router.md'), part?.[1] ?? ''),
    title: part?.[2] ?? '',
  }))
}

/** The titles of a file's tests, as its source has them. */
const titlesOf = (file: string): string[] =>
  [...readSource(file).text.matchAll(/(?:\bit\(|\)\()\s*(['"`])((?:\\.|(?!\1)[^\\])+)\1/g)]
    .map(([, , title]) => title ?? '')
    .filter((title) => title.includes(' ') || title.startsWith('$') || title.startsWith('%'))

describe('docs/router.md', () => {
  const headings = rows.filter((row) => row.endsWith(' test |'))
  const behaviours = rows.filter((row) => !row.endsWith(' test |'))
  const named = behaviours.flatMap((row) => namedBy(row) ?? [])

  test('has a table in every section, and a test in every row', () => {
    expect(headings.length).toBeGreaterThan(7)
    expect(behaviours.filter((row) => namedBy(row) === null)).toEqual([])
    expect(behaviours.filter((row) => row.split(' | ').length !== 3)).toEqual([])
  })

  test('names tests that there are', () => {
    const gone = named.filter(({ file, title }) => !titlesOf(file).includes(title))
    expect(gone).toEqual([])
  })

  test.each(files)('has a row for every test of %s', (file) => {
    const ours = new Set(named.filter((each) => each.file === file).map(({ title }) => title))
    const titles = titlesOf(file)
    expect(titles.length).toBeGreaterThan(0)
    expect(titles.filter((title) => !ours.has(title))).toEqual([])
  })
})
