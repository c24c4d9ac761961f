import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { parseSpec } from '../../src/model/spec-file.ts'
import { wrongAnswers } from './spec-answer.ts'
import { mutatedSpec, validSpecs } from './spec-mutations.ts'

test.each(validSpecs)('what is mutated is valid: %j', (text) => {
  expect(wrongAnswers(text, 'staging')).toEqual({ accepted: true, wrong: [] })
})

test('1,000 slipped files are answered well: a spec that hangs together, or mistakes that have a place and a sentence', () => {
  let refused = 0
  for (let number = 0; number < 1_000; number++) {
    const text = mutatedSpec(20_261_125, number)
    const { accepted, wrong } = wrongAnswers(text, 'staging')
    expect(wrong, JSON.stringify(text)).toEqual([])
    if (!accepted) refused++
  }
  expect(refused).toBeGreaterThan(500)
  expect(refused).toBeLessThan(950)
})

test('the same seed and number make the same file, so that a finding can be had again', () => {
  const first = Array.from({ length: 20 }, (_, number) => mutatedSpec(7, number))
  expect(Array.from({ length: 20 }, (_, number) => mutatedSpec(7, number))).toEqual(first)
  expect(new Set(first).size).toBeGreaterThan(10)
  expect(Array.from({ length: 20 }, (_, number) => mutatedSpec(8, number))).not.toEqual(first)
})

const scraps = ['\t', '\0', '&a ', '*a', '!!', '---\n', '<<: ', '{', '}', '[', ']', '"', "'", '|\n']
const marks = ['? ', '- ', ': ', '\n  ', '\n', ' ', '#', '%', '@', '`', ';', '..', '--']
const words = ['app', 'web', 'services', 'jobs', '__proto__', 'null', '~', '0', '-1', '1e999', '0s']
const odd = ['🚢', '\uD800', '$(id)']
const yamlish = fc
  .array(fc.constantFrom(...scraps, ...marks, ...words, ...odd), { maxLength: 60 })
  .map((parts) => parts.join(''))
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('utf8'))
const document = fc.oneof({ weight: 4, arbitrary: yamlish }, bytes, fc.string())

test('so is what is hardly YAML', () => {
  let refused = 0
  fc.assert(
    fc.property(document, (text) => {
      const { accepted, wrong } = wrongAnswers(text, 'production')
      expect(wrong).toEqual([])
      if (!accepted) refused++
    }),
    { numRuns: 1_000 },
  )
  expect(refused).toBeGreaterThan(500)
})

const big = 256 * 1024
const hostile: [string, string][] = [
  ['open lists', '['.repeat(big)],
  ['open mappings', '{'.repeat(big)],
  ['dashes', '- '.repeat(big / 2)],
  ['keys of keys', 'a: '.repeat(Math.floor(big / 3))],
  ['question marks', '? '.repeat(big / 2)],
  ['many keys', Array.from({ length: big / 8 }, (_, index) => `${index}: 1`).join('\n')],
  ['the same key', 'a: 1\n'.repeat(Math.floor(big / 5))],
  ['documents', '---\n'.repeat(big / 4)],
  ['commas', `[${','.repeat(big - 2)}`],
  ['anchors', 'a: &x b\n'.repeat(big / 8)],
  ['exclamation marks', '!'.repeat(big)],
  [
    'aliases of aliases',
    `a: &a [x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${'*a,'.repeat(9)}]`).join('\n')}`,
  ],
]

const routes = Array.from({ length: 200 }, (_, i) => `{ host: h${i}.example.com }`).join(', ')
const environments = (value: string) =>
  Array.from({ length: 50 }, (_, i) => `  e${i}: { ${value} }`).join('\n')
hostile.push(
  [
    'a list in fifty places',
    `services: { web: { command: &c [${'x, '.repeat(80_000)}x] },\n${Array.from({ length: 49 }, (_, i) => `s${i}: { command: *c }`).join(', ')} }`,
  ],
  [
    'a long text in many places',
    `settings: &s { A0: &a "${'x'.repeat(65_000)}",\n${Array.from({ length: 900 }, (_, i) => `A${i + 1}: *a`).join(', ')} }\nenvironments:\n${environments('settings: *s')}`,
  ],
  [
    'unknown keys in fifty places',
    `environments:\n  e: &e { ${Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join(', ')} }\n${environments('settings: *e')}`,
  ],
)

test.each(hostile)('a hostile document is refused within seconds: %s', (_, text) => {
  expect(() => parseSpec(text.slice(0, big), { file: 'naru.yaml' })).toThrow(NaruError)
})

test('what is only much of the same is no crime', () => {
  const text = `routes: &r [${routes}]\nenvironments:\n${environments('routes: *r')}`
  expect(parseSpec(text, { file: 'naru.yaml', environment: 'e49' }).routes).toHaveLength(200)
})
