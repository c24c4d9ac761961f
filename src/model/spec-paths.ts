import { domainToASCII } from 'node:url'
import type { SpecExpected } from '../base/spec-mistake.ts'
import { isBranch } from './name.ts'
import type { Field, SpecMistakes } from './spec-mistakes.ts'
import { readText } from './spec-values.ts'
import { quote } from './yaml-tree.ts'

/** On the wire as it is, so only what HTTP allows there. */
export const requestPath = /^\/[!-~]*$/
/** Matched by whole segments: none may be empty or lead up. */
export const routePath = /^(?!.*\/\/)(?!.*\/\.{1,2}(?:\/|$))\/[!-"$->@-~]*$/
/** No leading slash, no backslash, no `..`, nothing invisible; `./` and slashes at the end are dropped. */
export const folderPath = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\\\p{Cc}]+$/u

/** The path that a health check asks. */
export function readRequestPath(field: Field, mistakes: SpecMistakes): string | undefined {
  return readPath(field, requestPath, { is: 'request-path' }, mistakes)
}

/** A route's path without the slash at its end. */
export function readRoutePath(field: Field, mistakes: SpecMistakes): string | undefined {
  const path = readPath(field, routePath, { is: 'route-path' }, mistakes)
  return path === undefined || path === '/' ? path : path.replace(/\/$/, '')
}

function readPath(
  field: Field,
  pattern: RegExp,
  expected: SpecExpected,
  mistakes: SpecMistakes,
): string | undefined {
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  if (text.length > limitPath) {
    return mistakes.wrong(field, { is: 'short-text', limit: '1,024 characters' })
  }
  if (pattern.test(text)) return text
  const close = [`/${text}`, /\p{Cc}/u.test(text) ? text : encodeURI(text)].find((each) =>
    pattern.test(each),
  )
  return mistakes.wrong(field, expected, close === undefined ? {} : { nearest: close })
}

const limitPath = 1024

/** A folder inside the repository in its shortest form, "apps/web"; "." is the repository itself. */
export function readFolder(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = { is: 'folder-path' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  if (text.length > limitPath) {
    return mistakes.wrong(field, { is: 'short-text', limit: '1,024 characters' })
  }
  if (folderPath.test(text)) return shortest(text)
  const close = shortest(text.replaceAll('\\', '/').replace(/^\/+/, ''))
  const nearest = text !== '' && folderPath.test(close) ? { nearest: close } : {}
  return mistakes.wrong(field, expected, nearest)
}

const shortest = (path: string): string =>
  path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/') || '.'

export function readBranch(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = { is: 'branch' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined || isBranch(text)) return text
  const close = text
    .replace(/^refs\/heads\//, '')
    .trim()
    .replace(/ /g, '-')
  return mistakes.wrong(field, expected, isBranch(close) ? { nearest: close } : {})
}

/** A host in lower case and in the form it has on the wire ("xn--…"). */
export function readHost(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = { is: 'host' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined) return undefined
  if (text.startsWith('*.')) {
    const found = { is: 'wildcard', shown: quote(text) } as const
    return mistakes.wrong(field, { is: 'later' }, { found })
  }
  const host = onTheWire(text)
  if (isHost(host)) return host
  const close = onTheWire(
    text
      .replace(/^[a-z]+:\/\//i, '')
      .replace(/[:/?#].*$/s, '')
      .replace(/\.$/, ''),
  )
  return mistakes.wrong(field, expected, close !== text && isHost(close) ? { nearest: close } : {})
}

/** Only letters are translated: the function would drop a line end, and read `0x7f.1` as an address. */
const onTheWire = (text: string): string =>
  /^[\p{L}\p{M}\p{N}.-]*$/u.test(text) && /[^!-~]/.test(text)
    ? domainToASCII(text)
    : text.toLowerCase()

const isHost = (text: string): boolean =>
  text.length <= 253 &&
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(text)
