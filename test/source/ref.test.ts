import { describe, expect, it } from 'vitest'
import { judgePush } from '../../src/source/ref.ts'

const zero = '0'.repeat(40)
const one = '1'.repeat(40)
const two = '2'.repeat(40)
const put = (ref: string) => ({ old: zero, new: one, ref })
const remove = (ref: string) => ({ old: one, new: zero, ref })

describe('the judge of a push', () => {
  it('takes a new commit of one branch, whichever it is', () => {
    expect(judgePush([{ old: one, new: two, ref: 'refs/heads/main' }])).toEqual({
      commit: two,
      ref: 'refs/heads/main',
    })
    expect(judgePush([put('refs/heads/feature/x')]).commit).toBe(one)
  })

  it.each([
    ['a tag', [put('refs/tags/v1')], 'push.tag', { tag: 'v1' }],
    ['the removal of a tag', [remove('refs/tags/v1')], 'push.deletion', { ref: 'refs/tags/v1' }],
    [
      'the removal of the branch',
      [remove('refs/heads/main')],
      'push.deletion',
      { ref: 'refs/heads/main' },
    ],
    ['something else', [put('refs/notes/main')], 'push.not-a-branch', { ref: 'refs/notes/main' }],
    ['the bare name', [put('main')], 'push.not-a-branch', { ref: 'main' }],
    ['several refs', [put('refs/heads/main'), put('refs/tags/v1')], 'push.several', {}],
    ['nothing', [], 'push.several', {}],
  ])('refuses %s', (_, commands, code, facts) => {
    expect(() => judgePush(commands)).toThrow(expect.objectContaining({ code, facts }))
  })
})
