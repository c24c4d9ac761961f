import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/base/error.ts'
import { missingFrom } from '../support/provoked.ts'
import { failuresIn } from '../support/seen.ts'

describe('a failure that a person was shown', () => {
  const push = [
    'remote: build 2 of 1d9a2d9: A change        ',
    'remote: ✖ no environment of shop deploys the branch "foo"        ',
    'remote:   → naru env create foo        ',
    'remote:   (push.branch)        ',
    ' ! [remote rejected] HEAD -> foo',
  ]

  test('is found by its three lines, in a push as well', () => {
    expect(failuresIn(push.join('\n'))).toEqual([
      {
        code: 'push.branch',
        hint: 'naru env create foo',
        message: 'no environment of shop deploys the branch "foo"',
      },
    ])
    expect(failuresIn('Naru is up.\n')).toEqual([])
  })

  test('may have a line for each mistake of a spec', () => {
    const lines = '✖ naru.yaml:1:1: one\n  naru.yaml:2:1: two\n  → correct it\n  (spec.invalid)\n'
    expect(failuresIn(lines)[0]?.message).toBe('naru.yaml:1:1: one\n  naru.yaml:2:1: two')
    expect(() => failuresIn(lines.replace('spec.invalid', 'git.failed'))).toThrow('three lines')
  })

  test.each([
    ['has no hint', '✖ no\n  (git.failed)\n'],
    ['has no code', '✖ no\n  → git status\n'],
    ['has no code', '✖ no\nremote: done\n'],
    ['stack is shown', 'Error: no\n    at run (/opt/naru/dist/cli.cjs:12:3)\n'],
    ['stack is shown', 'remote:     at async /opt/naru/src/cli/run.ts:12:3\n'],
  ])('is an error in the test where it %s', (what, text) => {
    expect(() => failuresIn(text)).toThrow(what)
  })
})

describe('after every test', () => {
  const all = Object.keys(catalogue).map((code) => ({ code, hint: 'naru status' }))
  const excused = missingFrom(all, true)
    .map((line) => /^(\S+) is provoked by a test, so/.exec(line)?.[1])
    .filter((code) => code !== undefined)
  const seen = all.filter(({ code }) => !excused.includes(code))

  test('nothing is missing where every code was seen that is not excused, of which there are few', () => {
    expect(missingFrom(seen, true)).toEqual([])
    expect(excused.length).toBeLessThan(8)
  })

  test('a code that nobody saw is named, and so is what only root can see, for root', () => {
    const without = (code: string) => seen.filter((one) => one.code !== code)
    expect(missingFrom(without('app.unknown'), false)).toEqual([
      'app.unknown is provoked by no test through the command line',
    ])
    expect(missingFrom(without('user.missing'), false)).toEqual([])
    expect(missingFrom(without('user.missing'), true)).toHaveLength(1)
  })

  test('a code that is not in the catalogue, a hint that does not work, and an empty file are named', () => {
    const odd = { code: 'app.odd', hint: 'naru stauts' }
    expect(missingFrom([...seen, odd], true)).toEqual([
      'app.odd is shown to a person, but is not in the catalogue',
      'app.odd says to type what does not work: "naru stauts": there is no such command',
    ])
    expect(missingFrom([])).toHaveLength(1)
  })
})
