import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Log } from '../base/log.ts'
import type { ServerInfo } from '../contract/shapes.ts'
import type { Words } from '../contract/words/words.ts'
import type { Conductor } from '../deploy/conductor.ts'
import type { Engine } from '../engine/engine.ts'
import type { Store } from '../store/store.ts'

/** What the API speaks for. It changes nothing itself: the conductor does, the rest is read. */
export type ApiParts = {
  conductor: Conductor
  store: Pick<Store, 'db' | 'onEvent'>
  engine: Pick<Engine, 'list' | 'logs'>
  git: GitDoor
  buildLog: BuildLog
  info(): ServerInfo | Promise<ServerInfo>
  /** `Clock.served()`. */
  served(): number
  /** Ends the server; called when the answer to whoever asked for it is out. */
  stop(how: { keepApps: boolean }): void
  words: Words
  log: Log
}

/** Answers one request of git's smart HTTP. Until it has written something, what it throws is the answer. */
export type GitDoor = (
  request: IncomingMessage,
  response: ServerResponse,
  asked: GitRequest,
) => Promise<void>

/** A request below `/git/APP.git/`; `path` is what follows it, without a leading slash. */
export type GitRequest = {
  app: string
  path: string
  query: Readonly<Record<string, string | undefined>>
  pusher: { name: string; token: string }
}

/** The lines of a build's log from its first one; with `follow` until the build is over. */
export type BuildLog = (
  app: string,
  number: number,
  how: { follow: boolean },
  signal: AbortSignal,
) => AsyncIterable<string>

/** Where routes are added: their shapes give requests and answers their types. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>
