import type { PageName } from './page-words.ts'

/** `unreachable`: the request was not sent, so any other instance may get it. */
export type Failure =
  | 'unreachable'
  | Extract<PageName, 'bad-request' | 'bad-gateway' | 'gateway-timeout'>

/** What an error of the connection to an instance means for its request. `sent`: a byte may have left. */
export function failureOf(error: Error, sent: boolean): Failure {
  const code = 'code' in error ? error.code : ''
  if (
    code === 'UND_ERR_INVALID_ARG' ||
    code === 'UND_ERR_NOT_SUPPORTED' ||
    code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
  )
    return 'bad-request'
  if (!sent) return 'unreachable'
  return code === 'UND_ERR_HEADERS_TIMEOUT' ? 'gateway-timeout' : 'bad-gateway'
}
