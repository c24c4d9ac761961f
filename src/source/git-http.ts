import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createGunzip } from 'node:zlib'
import { NaruError } from '../base/error.ts'
import { git, gitReason, lifelineStream, startFailure, startGit } from './git.ts'
import { encodePacket } from './pkt-line.ts'
import type { Repositories } from './repository.ts'

export type GitHttpOptions = {
  repositories: Pick<Repositories, 'find'>
  /** The programs that the proc-receive hook is: `NODE CLI proc-receive`. */
  hook: { node: string; cli: string }
  /** What else the hook gets in its environment; `language` is the one that it is to speak. */
  environment(pusher: string, app: string, language: string | undefined): Record<string, string>
}

/** A request below `/git/APP.git/`: `path` is what follows it, without a leading slash. */
export type GitRequest = {
  app: string
  path: string
  query: Readonly<Record<string, string | undefined>>
  pusher: string
  /** The language of the person who pushes, "ko". */
  language?: string
}

export type GitHttp = {
  /** Answers one request; when it resolves, git is over. */
  serve(request: IncomingMessage, response: ServerResponse, asked: GitRequest): Promise<void>
  /** Cuts off every conversation, and returns when its git and its hook have ended. */
  close(): Promise<void>
}

/**
 * Answers git's smart HTTP with the real git, for a caller who has checked who asks. The body must not have been read.
 * Nothing is held in memory, so that a push may be of any size. Throws `path.unknown`, `app.unknown`, `name.invalid`,
 * `request.invalid` and `git.failed` as long as nothing was written; then the answer is the caller's.
 *
 * A fetch ends with its reader. A push that has arrived whole goes on without its pusher: the hook decides it. The
 * hook ends with this process, since nobody would hear it; what it has asked for is in the store.
 */
export function gitHttp({ repositories, hook, environment }: GitHttpOptions): GitHttp {
  const talks = new Set<Talk>()
  const serve: GitHttp['serve'] = async (
    request,
    response,
    { app, path, query, pusher, language },
  ) => {
    const asked = `${request.method} ${path}`
    if (asked === 'GET info/refs') {
      const service = readService(query['service'], path)
      return advertise(service, await repositories.find(app), request, response)
    }
    const service = readService(path, path)
    if (asked !== `POST ${service}`) throw new NaruError('path.unknown', { path })
    const hookEnvironment =
      service === 'git-receive-pack'
        ? {
            ...environment(pusher, app, language),
            NARU_APP: app,
            NARU_NODE: hook.node,
            NARU_CLI: hook.cli,
            NARU_LIFELINE: String(lifelineStream),
          }
        : {}
    const talk = startTalk(service, await repositories.find(app), hookEnvironment, request)
    talks.add(talk)
    try {
      await converse(talk, request, response)
    } finally {
      talks.delete(talk)
    }
  }
  return {
    serve,
    async close() {
      await Promise.all([...talks].map(cutOff))
    },
  }
}

/** One git that answers one request. */
type Talk = {
  service: Service
  body: NodeJS.ReadableStream
  child: ChildProcessWithoutNullStreams
  ended: Promise<{ code: number | null; said: string }>
}

async function cutOff({ service, child, ended }: Talk): Promise<void> {
  if (service === 'git-upload-pack') child.kill()
  child.stdin.destroy()
  const lifeline = child.stdio[lifelineStream]
  if (lifeline instanceof Socket) lifeline.destroy()
  await ended.catch(() => undefined) // Whoever serves it says why it failed.
}

type Service = 'git-upload-pack' | 'git-receive-pack'

function readService(text: string | undefined, path: string): Service {
  if (text === 'git-upload-pack' || text === 'git-receive-pack') return text
  throw new NaruError('path.unknown', { path })
}

/** What the repository has, and what this git can do. */
async function advertise(
  service: Service,
  repository: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const args = [program(service), '--stateless-rpc', '--advertise-refs', repository]
  const { stdout } = await git(args, { environment: protocolOf(request) })
  head(response, `application/x-${service}-advertisement`)
  response.end(
    Buffer.concat([encodePacket(`# service=${service}\n`), encodePacket('flush'), stdout]),
  )
}

function startTalk(
  service: Service,
  repository: string,
  hookEnvironment: Record<string, string>,
  request: IncomingMessage,
): Talk {
  const type = `application/x-${service}-request`
  if (request.headers['content-type'] !== type) {
    throw new NaruError('request.invalid', { issues: [`Content-Type: expected ${type}`] })
  }
  const body = bodyOf(request)
  const child = startGit([program(service), '--stateless-rpc', repository], {
    environment: { ...hookEnvironment, ...protocolOf(request) },
    lifeline: service === 'git-receive-pack',
  })
  return { service, body, child, ended: endOf(child) }
}

/** One exchange: the request's body into git, what git says into the response as it says it. */
async function converse(
  { service, body, child, ended }: Talk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  feed(request, body, child.stdin)
  head(response, `application/x-${service}-result`)
  child.stdout.pipe(response, { end: false })
  whenClosed(response, () => {
    if (service === 'git-upload-pack') child.kill()
    else child.stdout.unpipe(response).resume()
  })
  const { code, said } = await ended
  if (code !== 0 && !response.headersSent && !response.destroyed) {
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    throw new NaruError('git.failed', {
      command: `git ${program(service)}`,
      reason: gitReason(said, code),
    })
  }
  response.end()
}

const program = (service: Service) => service.slice('git-'.length)

function head(response: ServerResponse, type: string): void {
  response.statusCode = 200
  response.setHeader('Content-Type', type)
  response.setHeader('Cache-Control', 'no-cache, max-age=0, must-revalidate')
  response.setHeader('Pragma', 'no-cache')
  response.setHeader('Expires', 'Fri, 01 Jan 1980 00:00:00 GMT')
}

/** "version=2": which protocol the asker speaks. Anything that does not look like that is not handed to git. */
function protocolOf(request: IncomingMessage): Record<string, string> {
  const protocol = request.headers['git-protocol']
  return typeof protocol === 'string' && /^[\w=.:-]{1,200}$/.test(protocol)
    ? { GIT_PROTOCOL: protocol }
    : {}
}

function bodyOf(request: IncomingMessage): NodeJS.ReadableStream {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return request
  if (encoding === 'gzip' || encoding === 'x-gzip') return request.pipe(createGunzip())
  throw new NaruError('request.invalid', {
    issues: [`Content-Encoding: expected gzip, found ${encoding}`],
  })
}

/**
 * Not `pipeline`: that would destroy the request, and with it the response, when git ends before it has read everything.
 * A body that broke off must not look like one that ended, so that git is cut off as well.
 */
function feed(
  request: IncomingMessage,
  body: NodeJS.ReadableStream,
  stdin: NodeJS.WritableStream & { destroy(): void },
) {
  const discard = () => {
    body.unpipe(stdin)
    body.resume()
  }
  const cut = () => {
    stdin.destroy()
    request.unpipe()
    request.resume()
  }
  stdin.on('error', discard)
  stdin.on('close', discard)
  body.on('error', cut)
  request.on('error', cut)
  body.pipe(stdin)
  whenClosed(request, () => {
    if (!request.complete) cut()
  })
}

/** Also when it has closed already, while its repository was looked for. */
function whenClosed(stream: IncomingMessage | ServerResponse, leave: () => void): void {
  if (stream.closed || stream.destroyed) leave()
  else stream.once('close', leave)
}

/** Waits for git to be over, streams too, and keeps the last of what it complained about. */
function endOf(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; said: string }> {
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4096)
  })
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(startFailure(error)))
    child.on('close', (code) => resolve({ code, said }))
  })
}
