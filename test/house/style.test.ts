import { describe, expect, test } from 'vitest'
import { placesOf, type Source, sourcesIn } from './sources.ts'

const product = sourcesIn('src', '.ts')
const everything = [
  ...product,
  ...sourcesIn('test', '.ts'),
  ...sourcesIn('scripts', '.mjs'),
  ...sourcesIn('bench', '.ts', '.mjs'),
].filter(({ path }) => path !== 'test/house/style.test.ts')

test('the look at the sources finds them', () => {
  expect(product.length).toBeGreaterThan(30)
})

describe('a file has one reason to change', () => {
  test('none of the product is longer than 400 lines, but for a catalogue of sentences', () => {
    const long = product
      .filter(({ path, lines }) => lines.length > 401 && !path.startsWith('src/contract/words/'))
      .map(({ path, lines }) => `${path}: ${lines.length}`)
    expect(long).toEqual([])
  })

  test('its name is a noun of the house', () => {
    const vague = product.filter(({ path }) =>
      /(?:^|[/-])(?:manager|helpers?|utils?|handlers?|misc|common|index)\.ts$/.test(path),
    )
    expect(vague.map(({ path }) => path)).toEqual([])
    expect(
      placesOf(
        product,
        /\b(?:class|type|interface) \w*(?:(?<!Package)Manager|Helper|Util|Handler)\b/,
      ),
    ).toEqual([])
  })
})

describe('nothing is swallowed', () => {
  test('a catch that drops the error says why that is right', () => {
    expect(placesOf(product, /\bcatch(?: \(_\w*\))? \{/, isExplained)).toEqual([])
    expect(placesOf(product, /\.catch\(\(\) => (?:\{\}|undefined|null)\)/, isExplained)).toEqual([])
  })

  test('a TODO names its issue', () => {
    expect(placesOf(everything, /\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))/)).toEqual([])
  })
})

describe('time is handed in', () => {
  test('the conductor and what it decides with read no clock and no chance of their own', () => {
    const timeless = product.filter(({ path }) =>
      /^src\/(?:deploy|rollout|release|model)\//.test(path),
    )
    expect(timeless.length).toBeGreaterThan(50)
    expect(
      placesOf(
        timeless,
        /\b(?:setTimeout|setInterval|setImmediate)\b|node:timers|\bnew Date\(\)|\bDate\.now\b|\bperformance\b|\bMath\.random\b/,
      ),
    ).toEqual([])
  })
})

describe('no shell', () => {
  test('programs are started by argument lists', () => {
    expect(placesOf(product, /\bshell: (?!false)/)).toEqual([])
    expect(placesOf(product, /import .*\bexec(?:Sync)?\b.* from 'node:child_process'/)).toEqual([])
  })
})

describe('tests wait for what happens', () => {
  test('none is left behind by .only', () => {
    const tests = sourcesIn('test', '.test.ts').filter(
      ({ path }) => !path.startsWith('test/house/'),
    )
    expect(placesOf(tests, /\b(?:test|it|describe)\.only\b/)).toEqual([])
  })

  test('none mocks a module', () => {
    const tests = sourcesIn('test', '.ts').filter(({ path }) => !path.startsWith('test/house/'))
    expect(placesOf(tests, /\bvi\.mock\(/)).toEqual([])
  })
})

/** A comment on the line itself, on the one before it, or as the first thing inside. */
function isExplained({ lines }: Source, index: number): boolean {
  return [lines[index - 1], lines[index], lines[index + 1], lines[index + 2]].some(
    (line) => line !== undefined && /(?:^|\s)(?:\/\/|\/\*\*?) /.test(line),
  )
}
