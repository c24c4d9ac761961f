import type { IncomingMessage } from 'node:http'
import type { PageName } from './page-words.ts'

/** The page that answers a request which goes nowhere, and what that is about. */
export type Refusal = { page: PageName; subject: string }

/** Bytes of the request line and all headers; Node's own limit, which many apps have too. */
export const headLimitBytes = 16 * 1024
export const headerLimit = 200

/**
 * Why a request is refused whose target was not looked at yet; null where nothing speaks against it. What Node's parser
 * lets through and others read differently ends here, so that no app is asked to judge it.
 */
export function refusalOf(request: IncomingMessage): Refusal | null {
  const { method = '', rawHeaders, httpVersionMajor, httpVersionMinor, headers } = request
  if (rawHeaders.length > 2 * headerLimit) return { page: 'head-too-large', subject: '' }
  if (httpVersionMajor !== 1 || httpVersionMinor > 1)
    return bad('its version is neither HTTP/1.0 nor HTTP/1.1')
  if (notTaken.has(method)) return { page: 'not-allowed', subject: method }
  const coding = headers['transfer-encoding']
  if (coding === undefined) return null
  if (coding.toLowerCase() !== 'chunked') return bad('its Transfer-Encoding is not "chunked" alone')
  if (httpVersionMinor === 0) return bad('it has a Transfer-Encoding in HTTP/1.0')
  return headers['content-length'] === undefined ? null : bad('its length is told in two ways')
}

/** Whether a path means another one to programs that resolve its dots; browsers never send one. */
export const hasDotSegment = (path: string): boolean =>
  (path.includes('.') || path.includes('%2')) && dotSegment.test(path.split('?', 1)[0] as string)

const separator = '(?:[/\\\\]|%2f|%5c)'
const dotSegment = new RegExp(`${separator}(?:\\.|%2e){1,2}(?:${separator}|;|%3b|$)`, 'i')

/** TRACE would show an app's visitor what only the router and the app say to each other. */
const notTaken: ReadonlySet<string> = new Set(['TRACE', 'CONNECT'])

const bad = (subject: string): Refusal => ({ page: 'bad-request', subject })
