import { describe, expect, test } from 'vitest'
import {
  definition,
  type KeyDefinition,
  type SpecMapping,
} from '../../src/model/spec-definition.ts'
import { readSource } from '../house/sources.ts'
import { inContext } from '../house/spec-page.ts'
import { parse, sentences } from './sentences.ts'
import { schemaAccepts } from './spec-answer.ts'
import { validSpecs } from './spec-mutations.ts'

const keys = (Object.keys(definition) as SpecMapping[]).flatMap((mapping) => {
  const known: [string, KeyDefinition][] = Object.entries(definition[mapping])
  return known.map(([key, value]): [string, SpecMapping, string, KeyDefinition] => [
    `${mapping}.${key}`,
    mapping,
    key,
    value,
  ])
})

describe('docs/naru-yaml.md', () => {
  const page = readSource('docs/naru-yaml.md').text
  const files = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')

  test.each(files)('an example in it is a file that works: %j', (text) => {
    expect(sentences(text)).toEqual([])
    expect(schemaAccepts(text)).toBe(true)
  })

  test.each(keys)(
    'has %s, with one sentence and an example',
    (_, mapping, key, { means, example }) => {
      expect(page).toContain(`| \`${key}\` |`)
      expect(means).toMatch(/^[^\n|]+\.$/)
      expect(example).toMatch(new RegExp(`^${key}:`))
      expect(files).toContainEqual(expect.stringContaining(example.split('\n')[0] ?? ''))
      const command = mapping === 'service' || mapping === 'job' ? ['command: x'] : []
      const whole = inContext(mapping, key === 'command' ? [example] : [...command, example])
      expect(sentences(whole)).toEqual([])
      expect(schemaAccepts(whole)).toBe(true)
    },
  )

  test.each(keys.filter(([, , , { default: otherwise }]) => otherwise !== undefined))(
    'the default that it gives for %s changes nothing when it is written down',
    (_, mapping, key, { default: otherwise }) => {
      const command = mapping === 'service' || mapping === 'job' ? ['command: x'] : []
      const without = inContext(mapping, [...command, ...(mapping === 'route' ? ['path: /x'] : [])])
      const written = `${key}: ${otherwise}`
      const route = key === 'path' ? ['service: web'] : ['path: /x']
      const base = mapping === 'route' ? inContext(mapping, route) : without
      const withIt = inContext(
        mapping,
        mapping === 'route' ? [...route, written] : [...command, written],
      )
      expect(parse(withIt)).toEqual(parse(base))
    },
  )
})

describe('docs/naru.schema.json accepts what Naru accepts', () => {
  const accepted = [
    ...validSpecs,
    '',
    '{}',
    'app: "true"',
    'build:\npipeline:\njobs:\nsettings:\nsecrets:\nenvironments:\n',
    'services: { web: }',
    'services: { worker: { command: 5 } }',
    'services: { web: { replicas: 50, settle: 0, healthy-for: "0", command: [node, 1, true] } }',
    'settings: { A: 1.10, B: yes, C: true, D: "", E: .inf, F: 0x1F, G: 2026-11-25 }',
    'routes: []',
    'routes: [{}]',
    'routes:\n  -\n',
    'secrets: [A, b_1]',
    'build: { dockerfile: a/Dockerfile, target: run-time.1, args: { A: 1 }, packages: [g++, libc6=2.36-9] }',
    'services: { web: { port: 65535, resources: { cpu: 0.25, memory: 1GiB, pids: "10" } } }',
    'services: { web: { volumes: { data: /data } } }',
    'environments: { a: , b: {} }',
    'environments: { a: { branch: 1.10 } }',
    'build: { folder: ./a/, output: 앱, fallback: False, timeout: 90m }',
    'pipeline: [{ test: [npm, test] }, { lint: true }]',
  ]
  test.each(accepted)('%j', (text) => {
    expect(sentences(text)).toEqual([])
    expect(schemaAccepts(text)).toBe(true)
  })
})

describe('docs/naru.schema.json refuses what Naru refuses', () => {
  const refused = [
    'hello',
    '- a',
    'servises: {}',
    'app: Shop',
    'app:',
    'app: 5',
    'build: npm run build',
    'build: { secrets: ["a b"] }',
    'build: { packages: ["a b"] }',
    'services: { web: { port: 0 } }',
    'services: { web: { resources: { cpu: lots } } }',
    'services: { web: { volumes: { Data: /data } } }',
    'services: { web: { volumes: { data: data } } }',
    'build: { folder: ../x }',
    'build: { folder: /x }',
    'build: { output: a/../../b }',
    'build: { output: a\\b }',
    'build: { fallback: yes }',
    'build: { timeout: 20 }',
    'build: { command: "  " }',
    'pipeline: { test: x }',
    'pipeline: [npm test]',
    'pipeline: [{ a: x, b: y }]',
    'pipeline: [{}]',
    'pipeline: [{ install: x }]',
    'pipeline: [{ Test: x }]',
    'pipeline: [{ test: }]',
    'services:',
    'services: {}',
    'services: { Web: { command: x } }',
    'services: { worker: {} }',
    'services: { worker: }',
    'services: { web: { command: [] } }',
    'services: { web: { command: [""] } }',
    'services: { web: { replicas: 51 } }',
    'services: { web: { replicas: { min: 1 } } }',
    'services: { web: { settle: -1s } }',
    'services: { web: { stop: { signal: SIGKILL } } }',
    'services: { web: { overlap: some } }',
    'services: { web: { health: { path: healthz } } }',
    'jobs: { a: {} }',
    'jobs: { a: }',
    'jobs: { a: npm test }',
    'jobs: { a: { command: x, when: later } }',
    'jobs: { a: { command: x, schedule: daily } }',
    'routes:',
    'routes: { host: a }',
    'routes: [{ host: "https://a.b" }]',
    'routes: [{ host: "*.a.b" }]',
    'routes: [{ path: a }]',
    'routes: [{ path: /a/../b }]',
    'routes: [{ timeouts: 5s }]',
    'routes: [{ timeouts: { answer: 5 } }]',
    'routes: [{ limits: { body: 100 } }]',
    'routes: [{ limits: { body: 1GaB } }]',
    'routes: [{ limits: { requests: 100/s } }]',
    'settings: [A]',
    'settings: { PORT: 1 }',
    'settings: { NARU_X: 1 }',
    'settings: { A-B: 1 }',
    'settings: { A: }',
    'settings: { A: [1] }',
    'secrets: { A: b }',
    'secrets: [A, A]',
    'secrets: ["A=b"]',
    'secrets: [PATH]',
    'strategy: canary',
    'strategy: { canary: [5%] }',
    'strategy:',
    'deploy: auto',
    'environments: [a]',
    'environments: { A: {} }',
    'environments: { a: { branch: a..b } }',
    'environments: { a: { branch: refs/heads/main } }',
    'environments: { a: { branch: -f } }',
    'environments: { a: { build: {} } }',
    'environments: { a: { services: { web: { command: x } } } }',
  ]
  test.each(refused)('%j', (text) => {
    expect(sentences(text)).not.toEqual([])
    expect(schemaAccepts(text)).toBe(false)
  })
})

describe('docs/naru.schema.json accepts more where a schema cannot say it', () => {
  const differ = [
    ['what depends on another value', 'routes: [{ service: nobody }]'],
    ['', 'services: { web: { overlap: none } }'],
    ['', 'services: { web: { healthy-for: 90s } }'],
    ['', 'settings: { A: b }\nsecrets: [A]'],
    ['', 'environments: { a: { branch: x }, b: { branch: x } }'],
    ['', 'environments: { a: { services: { nobody: { replicas: 1 } } } }'],
    ['', 'pipeline: [{ a: x }, { a: y }]'],
    ['', 'routes: [{ path: /a }, { path: /a/ }]'],
    ['what a duration amounts to', 'services: { web: { settle: 99d } }'],
    ['what a size amounts to', 'routes: [{ limits: { body: 2TB } }]'],
    ['what a number in quotes amounts to', 'services: { web: { replicas: "51" } }'],
    ['how YAML wrote a value', 'services: { web: { replicas: 1.0 } }'],
    ['', 'app: True'],
    ['how long a host may be, and its parts', 'routes: [{ host: a..b }]'],
    ['how long a text is in bytes', `settings: { A: ${'x'.repeat(70_000)} }`],
    ['tags', 'app: !!str shop'],
  ]
  const named = differ.map(([why = '', text = '']) => [why, text.slice(0, 60), text] as const)
  test.each(named)('%s: %s', (_why, _shown, text) => {
    expect(sentences(text)).not.toEqual([])
    expect(schemaAccepts(text)).toBe(true)
  })
})
