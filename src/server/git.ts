import type { FastifyReply, FastifyRequest } from 'fastify'
import { NaruError } from '../base/error.ts'
import type { Words } from '../contract/words/words.ts'
import { checkedLabel } from '../model/name.ts'
import { requireApp } from '../store/apps.ts'
import { knownAsker } from './authentication.ts'
import { pathOf, wordsFor } from './failure.ts'
import type { Api, ApiParts, GitRequest } from './parts.ts'

/** Hands requests below `/git/APP.git/` on as they come, their bodies unread. */
export function gitRoutes(api: Api, { git, store: { db }, words, log }: ApiParts): void {
  void api.register(async (raw) => {
    raw.removeAllContentTypeParsers()
    raw.addContentTypeParser('*', (_request, _body, done) => done(null))
    raw.route({
      method: ['GET', 'POST'],
      url: '/git/*',
      config: { permission: 'code.push' },
      schema: { hide: true },
      handler: async (request, reply) => {
        const asked = askedOf(request, words)
        await requireApp(db, asked.app)
        await answer(request, reply, asked)
      },
    })
  })

  async function answer(request: FastifyRequest, reply: FastifyReply, asked: GitRequest) {
    reply.raw.on('error', () => reply.raw.destroy()) // A pusher who goes away is no failure of ours.
    const { revoked } = knownAsker(request)
    const cut = () => cutUnlessPushed(request, reply)
    revoked.addEventListener('abort', cut)
    try {
      await git(request.raw, reply.raw, asked)
      reply.hijack()
    } catch (error) {
      if (!reply.raw.headersSent) throw error
      log.error('an answer to git was cut short', error, { requestId: request.id, app: asked.app })
      reply.hijack()
      reply.raw.destroy()
    } finally {
      revoked.removeEventListener('abort', cut)
    }
  }
}

/** A push that has arrived whole is the hook's to decide: it asks with the same token, and says why it is refused. */
function cutUnlessPushed({ url, raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete && pathOf(url).endsWith('/git-receive-pack')) return
  reply.raw.destroy()
}

function askedOf(request: FastifyRequest, words: Words): GitRequest {
  const { pathname, searchParams } = new URL(request.url, 'http://naru')
  const [, name, path] = /^\/git\/([^/]+)\.git\/(.+)$/.exec(pathname) ?? []
  if (name === undefined || path === undefined) {
    throw new NaruError('path.unknown', { path: `${request.method} ${pathOf(request.url)}` })
  }
  const { name: pusher, token } = knownAsker(request)
  return {
    app: checkedLabel('app', name),
    path,
    query: Object.fromEntries(searchParams),
    pusher: { name: pusher, token },
    language: wordsFor(request, words).language,
  }
}
