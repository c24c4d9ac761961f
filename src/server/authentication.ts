import type { FastifyRequest } from 'fastify'
import { grants, type Permission } from '../access/permissions.ts'
import { NaruError } from '../base/error.ts'
import type { Admissions, Asker } from './admissions.ts'
import type { Api } from './parts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the token must be allowed to do; `open` asks for no token. A route without it stops the start. */
    permission?: Permission | 'open'
  }
  interface FastifyRequest {
    /** Whose token was sent; null on an open route. */
    asker: Asker | null
  }
}

/**
 * Lets a request pass only with a token that has its route's permission, and refuses routes that name none. A body may
 * take long to come: a token that was revoked meanwhile is refused when it is there.
 */
export function authenticate(api: Api, admissions: Admissions): void {
  api.decorateRequest('asker', null)
  api.addHook('onRoute', ({ method, url, config }) => {
    if (config?.permission === undefined) {
      throw new Error(`the route ${String(method)} ${url} names no permission`)
    }
  })
  api.addHook('onRequest', async (request) => {
    const { permission } = request.routeOptions.config
    if (request.is404 || permission === 'open') return
    request.asker = await askerOf(admissions, request, permission)
  })
  api.addHook('preHandler', async ({ asker }) => asker?.revoked.throwIfAborted())
}

/** Name of the token that a request came with. */
export function askedBy(request: FastifyRequest): string {
  return knownAsker(request).name
}

/** Whose token it was, and whether it is revoked; only for routes with a permission. */
export function knownAsker({ asker }: FastifyRequest): Asker {
  if (asker === null) throw new Error('an open route asked who is asking')
  return asker
}

/** git knows passwords only; everything else sends the token itself. */
export const isGit = (url: string): boolean => url.startsWith('/git/')

async function askerOf(
  admissions: Admissions,
  { url, headers }: FastifyRequest,
  permission: Permission | undefined,
): Promise<Asker> {
  const token = tokenIn(headers.authorization, isGit(url))
  if (token === undefined) throw new NaruError('token.missing', {})
  const found = await admissions.admit(token)
  if (found === undefined) throw new NaruError('token.invalid', {})
  if (permission === undefined || !grants(found.kind, permission)) {
    throw new NaruError('permission.denied', { permission: permission ?? 'none' })
  }
  return found
}

function tokenIn(header: string | undefined, basicToo: boolean): string | undefined {
  const [, scheme = '', value = ''] = /^([a-z]+) +(\S+) *$/i.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (!basicToo || scheme.toLowerCase() !== 'basic') return undefined
  const pair = Buffer.from(value, 'base64').toString()
  const colon = pair.indexOf(':')
  return pair.slice(colon + 1) || undefined
}
