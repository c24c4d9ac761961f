import { describe, expect, test } from 'vitest'
import { growthOf } from '../../bench/support/soak/growth.ts'

const slacks = { memory: { share: 0.03, amount: 5, unit: 'MB' } }
const grows = (values: readonly number[]) =>
  growthOf(
    values.map((memory) => ({ memory })),
    slacks,
  ).map((found) => found.grows)

describe('the soak names what grows', () => {
  test('a leak of a megabyte a minute within twenty minutes', () => {
    expect(grows(Array.from({ length: 120 }, (_, at) => 100 + at / 6))).toEqual([true])
  })

  test('a leak under a sawtooth of collections', () => {
    const leaking = Array.from({ length: 120 }, (_, at) => 100 + (at % 7) * 5 + at / 5)
    expect(grows(leaking)).toEqual([true])
  })

  test('no sawtooth, no noise, and nothing that falls', () => {
    expect(grows(Array.from({ length: 120 }, (_, at) => 100 + (at % 7) * 5))).toEqual([false])
    expect(grows(Array.from({ length: 120 }, (_, at) => 100 + ((at * 7919) % 13)))).toEqual([false])
    expect(grows(Array.from({ length: 120 }, (_, at) => 150 - at / 4))).toEqual([false])
  })

  test('nothing when it has looked at too little', () => {
    expect(() => grows([1, 2, 3])).toThrow('3 samples show no growth')
    expect(() => growthOf([{}, {}, {}, {}], slacks)).toThrow('memory is missing')
  })
})
