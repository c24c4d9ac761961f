import type { IncomingMessage } from 'node:http'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { NaruError } from '../base/error.ts'
import * as shapes from '../contract/shapes.ts'
import { archiveLimits } from '../model/archive-entry.ts'
import { waitingBuilds } from '../store/builds.ts'
import { knownAsker } from './authentication.ts'
import { buildView } from './builds.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'

/** A sender who says nothing for so long has gone. */
const silentMs = 60_000

/** Takes in files without git. The body is read as it comes, and never whole in memory nor unpacked on the disk. */
export function archiveRoutes(
  api: Api,
  { conductor, importArchive, store: { db } }: ApiParts,
): void {
  void api.register(async (raw) => {
    raw.removeAllContentTypeParsers()
    raw.addContentTypeParser('*', (_request, _body, done) => done(null))
    raw.withTypeProvider<ZodTypeProvider>().post(
      `${home}/archives`,
      {
        config: { permission: 'code.push' },
        schema: {
          summary: 'Makes a commit of a tar.gz, the body, and queues a build of it',
          tags: ['builds'],
          consumes: ['application/gzip'],
          params: homePath,
          querystring: shapes.sentArchive,
          response: { 202: shapes.build, ...failures },
        },
      },
      async (request, reply) => {
        const { params: place, query, raw: body } = request
        checkLength(body)
        try {
          checkType(body)
          await requirePlace(db, place)
          watchSilence(body)
          const sent = { body, name: query.name, at: new Date() }
          const commit = await importArchive(place.app, sent)
          const { name: by, revoked } = knownAsker(request)
          revoked.throwIfAborted() // Sending may take long.
          const push = { commit, source: 'archive' as const, by }
          const build = await conductor.push(place, push)
          return await reply.code(202).send(buildView(build, await waitingBuilds(db)))
        } finally {
          await readOn(body)
        }
      },
    )
  })
}

/** Nobody waits for the end of such a body: the answer closes the connection. */
function checkLength({ headers }: IncomingMessage): void {
  if (Number(headers['content-length'] ?? 0) <= archiveLimits.sent) return
  throw new NaruError('archive.too-large', { what: 'sent', limit: archiveLimits.sent })
}

function checkType({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/gzip' && type !== 'application/x-gzip') {
    throw new NaruError('request.invalid', { issues: ['Content-Type: expected application/gzip'] })
  }
}

function watchSilence(body: IncomingMessage): void {
  const { socket } = body
  socket.setTimeout(silentMs, () => body.destroy())
  body.once('end', () => socket.setTimeout(0))
}

/**
 * Reads what is still coming of a body that was refused: an answer to somebody who is still sending would be lost.
 * More than the limit nobody is waited for.
 */
function readOn(body: IncomingMessage): Promise<void> {
  if (body.complete || body.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let bytes = 0
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > archiveLimits.sent) resolve()
    })
    for (const over of ['end', 'close', 'error']) body.once(over, () => resolve())
    watchSilence(body)
    body.resume()
  })
}
