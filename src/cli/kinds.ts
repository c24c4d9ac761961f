import { NaruError } from '../base/error.ts'

/** "v3" or "3", the number of a release; `usage.invalid` for anything else. */
export function readRelease(text: string): number {
  return readNumber(text.replace(/^v/, ''), `${JSON.stringify(text)} is no release`, 'as in v3')
}

export function readBuild(text: string): number {
  return readNumber(text, `${JSON.stringify(text)} is no build`, 'naru builds shows their numbers')
}

export function readDeployment(text: string): number {
  return readNumber(
    text,
    `${JSON.stringify(text)} is no deployment`,
    'naru deployments shows their numbers',
  )
}

export function readCount(text: string): number {
  return readNumber(text, `${JSON.stringify(text)} is no number of lines`, 'as in 100')
}

function readNumber(text: string, what: string, expected: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new NaruError('usage.invalid', { what, expected })
  return Number(text)
}
