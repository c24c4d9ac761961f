import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type ApiClient, type ApiOptions, apiClient } from '../contract/client.ts'
import type { Words } from '../contract/words/words.ts'
import type { PlanBuild, PlanDockerfile } from '../model/build-plan.ts'
import { production } from '../model/environment.ts'
import { type Meant, readToken, targetOf } from './target.ts'
import type { Streams, Terminal } from './terminal.ts'

/** What every command is given: where it speaks, and where it was started. */
export type Session = {
  terminal: Terminal
  /** What the terminal speaks over, for a command that joins it with another program. */
  streams: Streams
  /** What it says there, in the language of whoever started it. */
  words: Words
  environment: NodeJS.ProcessEnv
  /** Folder that the person stands in. */
  folder: string
  /** Folder of the bundled programs. */
  programs: string
  planBuild: PlanBuild
  planDockerfile: PlanDockerfile
}

/** The options that every command has. */
export type Shared = Meant & {
  json: boolean
  app: string | undefined
  /** Name of the environment; production unless another is named. */
  env: string
  /** The same where one was named, by `--env` or NARU_ENVIRONMENT; a list of all environments is then of that one. */
  namedEnv: string | undefined
  /** Whether it was NARU_ENVIRONMENT that named it. */
  isEnvVariable: boolean
}

/** Options of the command and of those above it, so that `naru --data X status` is `naru status --data X`. */
export function shared(command: Command, { environment, folder }: Session): Shared {
  const found: Partial<{ [K in keyof Given]: Given[K] | undefined }> = {}
  for (let at: Command | null = command; at; at = at.parent) {
    const { json, app, env, data, context } = at.opts<Given>()
    found.json ??= json
    found.app ??= app
    found.env ??= env
    found.data ??= data
    found.context ??= context
  }
  const named = found.data ?? (environment['NARU_DATA'] || undefined)
  const namedEnv = found.env ?? (environment['NARU_ENVIRONMENT'] || undefined)
  const isTyped = found.context !== undefined || found.data !== undefined
  return {
    json: found.json ?? false,
    app: found.app,
    env: namedEnv ?? production,
    namedEnv,
    isEnvVariable: found.env === undefined && namedEnv !== undefined,
    data: resolve(folder, named ?? usualData()),
    context: found.context ?? (isTyped ? undefined : environment['NARU_CONTEXT'] || undefined),
    isDataNamed: named !== undefined,
    isTyped,
  }
}

/** The API of the server that is meant. */
export function apiOf(session: Session, meant: Meant, options: ApiOptions = {}): ApiClient {
  const target = targetOf(session.environment, meant)
  return apiClient({ ...target, language: session.words.language }, options)
}

/** The API of the server of that data folder, whatever the environment names. */
export const localApi = (data: string, address: string, language = 'en'): ApiClient =>
  apiClient({ address, token: readToken(data), language })

type Given = { json?: boolean; app?: string; env?: string; data?: string; context?: string }

/** The data folder where none is named. */
export const usualData = (): string =>
  process.getuid?.() === 0 ? '/var/lib/naru' : join(homedir(), '.naru')
