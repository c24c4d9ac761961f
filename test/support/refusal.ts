import { expect } from 'vitest'
import { catalogue, type ErrorCode } from '../../src/base/error.ts'
import type { Ran } from './naru.ts'
import { failuresIn } from './seen.ts'

/** Three lines and nothing else: what happened, what to type next, the code. No stack, and nothing on stdout. */
export function expectRefusal({ code, stdout, stderr }: Ran, said: string, failure: string): void {
  expect({ code, stdout, stderr }).toMatchObject({ code: 6, stdout: '' })
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toContain(said)
  expect(lines[1]).toMatch(/^ {2}→ \S/)
  expect(lines[2]).toBe(`  (${failure})`)
}

/** One failure, of this code and with this in its message, and the exit code that goes with it: 1 for a push. */
export function expectFailure({ code, stderr }: Ran, said: string, failure: ErrorCode): void {
  const shown = failuresIn(stderr)
  expect(shown, stderr).toEqual([expect.objectContaining({ code: failure })])
  expect(shown[0]?.message).toContain(said)
  const isPush = /^(?:remote|원격): /m.test(stderr)
  expect(code).toBe(isPush ? 1 : catalogue[failure].exit)
}

/** The same failure in English, with this in its message, and in Korean. */
export async function expectInBoth(
  ask: (language: 'en' | 'ko') => Promise<Ran>,
  said: string,
  failure: ErrorCode,
): Promise<void> {
  const [english, korean] = await Promise.all([ask('en'), ask('ko')])
  expectFailure(english, said, failure)
  expectFailure(korean, '', failure)
  expect(failuresIn(korean.stderr)[0]?.message).toMatch(/[가-힣]/)
}

/** A frame of a stack, which is for the log alone. */
export const stackFrame = /^(?:remote:)?\s+at .*:\d+:\d+\)?\s*$/m
