import { expect, test } from 'vitest'
import { parseBytes, sayBytes } from '../../src/base/size.ts'

test('a size is read as people write it, in steps of 1024', () => {
  expect(parseBytes('5GB')).toBe(5 * 1024 ** 3)
  expect(parseBytes(' 1.5 mb ')).toBe(1.5 * 1024 ** 2)
  expect(parseBytes('0KB')).toBe(0)
  for (const text of ['', '5', 'GB', '-5GB', '5 G', '5GBs', '1e3KB', '5,5GB'])
    expect(parseBytes(text)).toBeUndefined()
})

test('and said in the largest unit that leaves a number to read', () => {
  expect(sayBytes(parseBytes('5GB') ?? 0)).toBe('5 GB')
  expect(sayBytes(1)).toBe('1 byte')
  expect(sayBytes(1536)).toBe('1.5 KB')
})
