import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english.ts'
import { sayProblem } from '../../src/contract/words/words.ts'
import { parseSpec } from '../../src/model/spec-file.ts'

const valid = `app: shop
build: { command: npm run build }
services:
  web:
    command: node server.js
    replicas: 2
    health: { path: /healthz, after: 2s, every: 2s, timeout: 1s }
    healthy-for: 2s
    settle: 10s
    stop: { signal: SIGTERM, grace: 30s }
  worker: { command: [node, worker.js], overlap: none }
routes:
  - host: shop.example.com
    service: web
settings: { LOG_LEVEL: info }
secrets: [DATABASE_URL, SESSION_KEY]
`

const scraps = [
  '\t',
  '\0',
  '&a ',
  '*a',
  '!!',
  '---\n',
  '<<: ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|\n',
  '? ',
  '- ',
  ': ',
]
const words = [
  'app',
  'web',
  'services',
  '__proto__',
  'null',
  '~',
  '0',
  '-1',
  '1e999',
  '0s',
  '🚢',
  '\uD800',
  '$(id)',
]
const scrap = fc.constantFrom(
  ...scraps,
  ...words,
  '\n  ',
  '\n',
  ' ',
  '#',
  '%',
  '@',
  '`',
  ';',
  '..',
  '--',
)

/** A valid document after a few slips: something cut out, put in, doubled or replaced. */
const slipped = fc
  .array(fc.tuple(fc.nat(valid.length), fc.nat(12), scrap, fc.nat(3)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((slips) =>
    slips.reduce((text, [at, length, put, kind]) => {
      const cut = text.slice(at, at + length)
      const between = [put, '', cut + cut, put + cut][kind] ?? ''
      return text.slice(0, at) + between + text.slice(at + length)
    }, valid),
  )
const yamlish = fc.array(scrap, { maxLength: 60 }).map((parts) => parts.join(''))
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('utf8'))
const document = fc.oneof(
  { weight: 5, arbitrary: slipped },
  { weight: 4, arbitrary: yamlish },
  bytes,
  fc.string(),
)

test('no document, however broken, is answered with anything but mistakes that have a place and a sentence', () => {
  let refused = 0
  fc.assert(
    fc.property(document, (text) => {
      try {
        const spec = parseSpec(text, { file: 'naru.yaml' })
        expect(Object.keys(spec.services).length).toBeGreaterThan(0)
      } catch (error) {
        if (!(error instanceof NaruError) || error.code !== 'spec.invalid') throw error
        refused++
        checkMistakes(error, text)
      }
    }),
    { numRuns: 2_000 },
  )
  expect(refused).toBeGreaterThan(1_000)
})

function checkMistakes(error: NaruError, text: string) {
  const { mistakes } = error.facts as NaruError<'spec.invalid'>['facts']
  const lines = text.split('\n').length
  expect(mistakes.length).toBeGreaterThan(0)
  for (const { line, column, found, expected } of mistakes) {
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines)
    expect(column).toBeGreaterThanOrEqual(1)
    expect(found).not.toBe('')
    expect(expected).not.toBe('')
  }
  const { message } = sayProblem(english, error.problem)
  expect(message.split('\n')).toHaveLength(mistakes.length)
  expect(message).not.toMatch(/(?!\n)[\p{Cc}\p{Surrogate}]|undefined|\[object/u)
}

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

test.each(hostile)('a hostile document is refused within seconds: %s', (_, text) => {
  expect(() => parseSpec(text.slice(0, big), { file: 'naru.yaml' })).toThrow(NaruError)
})
