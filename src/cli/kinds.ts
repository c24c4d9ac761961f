import type { ArgumentKind } from '../base/argument-kind.ts'
import { NaruError } from '../base/error.ts'

/** "v3" or "3", the number of a release; `argument.invalid` for anything else. */
export function readRelease(text: string): number {
  return readNumber('release', text, text.replace(/^v/, ''))
}

export const readBuild = (text: string): number => readNumber('build', text)

export const readDeployment = (text: string): number => readNumber('deployment', text)

export const readRun = (text: string): number => readNumber('run', text)

export const readCount = (text: string): number => readNumber('line-count', text)

function readNumber(kind: ArgumentKind, text: string, digits = text): number {
  if (!/^[1-9]\d{0,8}$/.test(digits)) throw new NaruError('argument.invalid', { kind, text })
  return Number(digits)
}
