import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/base/error.ts'
import * as engineShapes from '../../src/contract/engine-shapes.ts'
import * as shapes from '../../src/contract/shapes.ts'
import { errorPage } from './error-page.ts'
import { readSource, root, sourcesIn } from './sources.ts'

describe('docs/errors.md', () => {
  const page = readSource('docs/errors.md').text

  test('has every code of the catalogue, and no other', () => {
    const codes = [...page.matchAll(/^## (.+)$/gm)].map(([, code]) => code)
    expect(codes.toSorted()).toEqual(Object.keys(catalogue).toSorted())
  })

  test('says what the sources say; npm run docs writes it', () => {
    expect(page).toBe(errorPage())
  })

  test('explains every exit code that there is', () => {
    const explained = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, exit]) => Number(exit))
    for (const { exit } of Object.values(catalogue)) expect(explained).toContain(exit)
  })
})

describe('docs/words.md', () => {
  const words = [...readSource('docs/words.md').text.matchAll(/^\| ([a-z, ]+) \|/gm)]
    .flatMap(([, cell]) => (cell ?? '').split(', '))
    .filter((word) => word !== 'word')

  test('has the words of the product', () => {
    expect(words.join(' ')).toBe(
      'app service environment pipeline step build artifact spec release promotion deployment ' +
        'rollout strategy set stable live warm instance engine route route table router volume secret ' +
        'token context archive job schedule verdict incident',
    )
  })

  test('has a word for every file of the model', () => {
    const others = ['event', 'foreign', 'name', 'registry', 'yaml']
    const nouns = readdirSync(`${root}src/model`).map((file) => file.replace(/[-.].*$/, ''))
    expect(nouns.filter((noun) => !words.includes(noun) && !others.includes(noun))).toEqual([])
  })
})

test('the folders of src/ are those of the house', () => {
  const house =
    'access base build cli contract deploy engine learn main model notify observe release rollout route schedule server source store'
  const folders = readdirSync(`${root}src`)
  expect(folders.filter((folder) => !house.split(' ').includes(folder))).toEqual([])
})

test("every shape in the contract's table exists", () => {
  const table = readSource('src/contract/README.md').lines.filter((line) => line.startsWith('| '))
  const names = table
    .flatMap((line) => [
      ...line
        .split('|')
        .slice(2)
        .join('|')
        .matchAll(/`([a-zA-Z]+)`/g),
    ])
    .map(([, name]) => name ?? '')
  const messages = ['line', 'event', 'end', 'follow']
  expect(names.length).toBeGreaterThan(20)
  expect(
    names.filter((name) => !(name in shapes || name in engineShapes) && !messages.includes(name)),
  ).toEqual([])
})

test('every link of every page leads somewhere', () => {
  const folders = ['docs', 'src', 'examples'].filter((folder) => existsSync(`${root}${folder}`))
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
    .filter((path) => existsSync(`${root}${path}`))
    .map(readSource)
  const dead = [...pages, ...folders.flatMap((folder) => sourcesIn(folder, '.md'))].flatMap(
    ({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path} → ${target}`),
  )
  expect(dead).toEqual([])
})
