import { NaruError } from '../base/error.ts'
import { bodyLimitBytes } from './failure.ts'
import type { Api } from './parts.ts'

/** Reads bodies of JSON and no others. An empty one is none. What cannot be read is never quoted: it may hold a secret. */
export function readJsonBodies(api: Api): void {
  const parse = api.getDefaultJsonParser('error', 'error')
  api.removeAllContentTypeParsers()
  api.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
    (request, body, done) => {
      if (body.length === 0) return done(null, undefined)
      const text = textOf(body)
      if (text === undefined) return done(invalid('body: it is not UTF-8'))
      void parse(request, text, (error, value) =>
        error ? done(invalid('body: it is not JSON')) : done(null, value),
      )
    },
  )
}

function textOf(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined // The only thing that a decoder throws for.
  }
}

const invalid = (issue: string): NaruError => new NaruError('request.invalid', { issues: [issue] })
