import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { catalogue, NaruError } from '../base/error.ts'
import type { Failure } from '../contract/shapes.ts'
import { acceptedLanguage, catalogues } from '../contract/words/languages.ts'
import { sayProblem, type Words } from '../contract/words/words.ts'
import { isGit } from './authentication.ts'
import type { Api, ApiParts } from './parts.ts'

export const bodyLimitBytes = 1024 * 1024

/** Makes every error an answer in words; one that is not ours goes to the log with its stack, and only there. */
export function answerFailures(api: Api, { words, log }: Pick<ApiParts, 'words' | 'log'>): void {
  api.setErrorHandler((error, request, reply) => {
    const failure = asOurs(error, request)
    if (failure === undefined) log.error('a request broke', error, { requestId: request.id })
    else if (catalogue[failure.code].status >= 500) {
      log.error('a request failed', failure, { requestId: request.id })
    }
    return answer(failure ?? broken(request), request, reply, words)
  })
  api.setNotFoundHandler((request, reply) => answer(unknownPath(request), request, reply, words))
}

/** A failure in the asker's language for where there is no answer to put it into; one that is not ours goes to the log. */
export function failureOf(
  error: unknown,
  request: FastifyRequest,
  { words, log }: Pick<ApiParts, 'words' | 'log'>,
): Failure {
  const failure = asOurs(error, request)
  if (failure === undefined) log.error('a request broke', error, { requestId: request.id })
  return failureBody(failure ?? broken(request), request.id, wordsFor(request, words))
}

/** Answers what Fastify refuses before it looks for a route: a path that cannot be decoded. */
export const answerRefusal =
  (words: Words) =>
  (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    void answer(asOurs(error, request) ?? broken(request), request, reply, words)
  }

/** What a request that never became one is answered: its line or its headers cannot be read. */
export function unreadable(words: Words, requestId: string, status: number): string {
  const error = new NaruError('request.invalid', {
    issues: ['this is no HTTP request that can be read'],
  })
  const body = JSON.stringify(failureBody(error, requestId, words))
  const reason = status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'
  return [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}

/** `own`: the server's own words, for whoever does not say which language they read. */
function answer(error: NaruError, request: FastifyRequest, reply: FastifyReply, own: Words) {
  const words = wordsFor(request, own)
  const body = failureBody(error, request.id, words)
  reply.code(catalogue[error.code].status).header('cache-control', 'no-store')
  reply.header('content-language', words.language)
  if (!isGit(request.url)) {
    return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
  }
  if (reply.statusCode === 401) reply.header('www-authenticate', 'Basic realm="Naru"')
  // git shows a person the body of a refusal if it is plain text, as lines that begin with "remote:".
  return reply
    .type('text/plain; charset=utf-8')
    .serializer(String)
    .send(`${body.message}\n${body.hint === undefined ? '' : `${body.hint}\n`}`)
}

function failureBody(error: NaruError, requestId: string, words: Words): Failure {
  return { code: error.code, ...sayProblem(words, error.problem), facts: error.facts, requestId }
}

/** The words in the language that the asker reads best; `own` where none of theirs is known. */
export function wordsFor({ headers }: Pick<FastifyRequest, 'headers'>, own: Words): Words {
  const language = acceptedLanguage(headers['accept-language'])
  return language === undefined ? own : catalogues[language]
}

const broken = ({ id }: FastifyRequest): NaruError => new NaruError('naru.broken', { report: id })

const unknownPath = ({ method, url }: FastifyRequest): NaruError =>
  new NaruError('path.unknown', { path: `${method} ${pathOf(url)}` })

/** Without the query, and never longer than a line of a log. */
export const pathOf = (url: string): string => (url.split('?', 1)[0] ?? '').slice(0, 200)

/** Undefined for what is a bug. Words of parsers are never passed on, since they quote the body. */
function asOurs(error: unknown, request: FastifyRequest): NaruError | undefined {
  if (error instanceof NaruError) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map(({ instancePath, message }) => {
      const where = instancePath.split('/').filter(Boolean).join('.')
      return `${where || (error.validationContext ?? 'request')}: ${message ?? 'is not valid'}`
    })
    return new NaruError('request.invalid', { issues })
  }
  const { code, statusCode } = framework(error)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new NaruError('request.too-large', { limitBytes: bodyLimitBytes })
  }
  if (code === 'FST_ERR_NOT_FOUND') return unknownPath(request)
  if (code !== undefined && statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new NaruError('request.invalid', { issues: [unreadables[code] ?? 'it cannot be read'] })
  }
  return undefined
}

const unreadables: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Content-Type: expected application/json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'Content-Length: the body has another length',
  FST_ERR_BAD_URL: 'path: a percent sign is not followed by the code of a character',
  FST_ERR_MAX_PARAM_LENGTH: 'path: a name in it is too long',
}

/** Fastify's own errors have a code and a status; what anything else throws has not both. */
function framework(error: unknown): { code?: string; statusCode?: number } {
  if (!(error instanceof Error)) return {}
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const status =
    'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined
  if (!code?.startsWith('FST_')) return {}
  return { code, ...(status === undefined ? {} : { statusCode: status }) }
}
