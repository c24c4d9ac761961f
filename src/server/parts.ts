import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Tokens } from '../access/tokens.ts'
import type { Log } from '../base/log.ts'
import type { EngineState } from '../contract/engine-shapes.ts'
import type { Bound, ServerInfo } from '../contract/shapes.ts'
import type { Language, Words } from '../contract/words/words.ts'
import type { CommandWish, ReleaseCommand } from '../deploy/commands.ts'
import type { Conductor } from '../deploy/conductor.ts'
import type { JobDesk } from '../deploy/jobs.ts'
import type { Engine } from '../engine/engine.ts'
import type { BuildLine } from '../model/build-note.ts'
import type { Place } from '../model/environment.ts'
import type { Store } from '../store/store.ts'

/** What the API speaks for. It changes nothing itself: the conductor does, the rest is read. */
export type ApiParts = {
  conductor: Conductor
  store: Pick<Store, 'db' | 'onEvent'>
  engine: Pick<Engine, 'list' | 'logs' | 'usage'>
  jobs: JobDesk
  /** Starts a command in the release that serves, for the one who holds its streams. */
  openCommand(place: Place, wish: CommandWish, by: string): Promise<ReleaseCommand>
  tokens: Tokens
  /** Gives every secret a new key; returns how many there are. */
  rotateKey(by: string): Promise<number>
  git: GitDoor
  /** Makes a commit of a tar.gz that somebody sends, and gives its id; the body is left open where it fails. */
  importArchive(app: string, sent: { body: Readable; name: string; at: Date }): Promise<string>
  buildLog: BuildLog
  info(): ServerInfo | Promise<ServerInfo>
  /** What can run apps, and how it is. */
  engines(): Promise<EngineState[]>
  /** What grows, and how far it may. */
  bounds(): Promise<Bound[]>
  /** `Clock.served()`. */
  served(): number
  /** Ends the server; called when the answer to whoever asked for it is out. */
  stop(how: { keepApps: boolean }): void
  /** The server's own words, for whoever does not say which language they read. */
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
  /** The language that the person who pushes reads best. */
  language: Language
}

/** The lines of a build's log from its first one; with `follow` until the build is over. */
export type BuildLog = (
  app: string,
  number: number,
  how: { follow: boolean },
  signal: AbortSignal,
) => AsyncIterable<BuildLine>

/** Where routes are added: their shapes give requests and answers their types. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>
