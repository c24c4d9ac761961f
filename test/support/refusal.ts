import { expect } from 'vitest'
import type { Ran } from './naru.ts'

/** Three lines and nothing else: what happened, what to type next, the code. No stack, and nothing on stdout. */
export function expectRefusal({ code, stdout, stderr }: Ran, said: string, failure: string): void {
  expect({ code, stdout, stderr }).toMatchObject({ code: 6, stdout: '' })
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toContain(said)
  expect(lines[1]).toMatch(/^ {2}→ \S/)
  expect(lines[2]).toBe(`  (${failure})`)
}

/** A frame of a stack, which is for the log alone. */
export const stackFrame = /^(?:remote:)?\s+at .*:\d+:\d+\)?\s*$/m
