import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import type { ApiTarget } from '../contract/request.ts'
import { Contexts, here } from './contexts.ts'
import { defaultApi, readServerFile } from './server-file.ts'

/** Which server a command means, as it was said. */
export type Meant = {
  data: string
  /** `--context` or NARU_CONTEXT. */
  context?: string | undefined
  /** Whether the data folder was named by `--data` or NARU_DATA: then no context that was chosen earlier counts. */
  isDataNamed?: boolean
  /** Whether `--context` or `--data` was typed: then no server that the environment names counts. */
  isTyped?: boolean
}

/** A server and how to be let in. */
export type Target = ApiTarget & {
  /** Where its token lies, with the helper that hands it to git; null for a token out of the environment. */
  folder: string | null
}

/**
 * The server that a command speaks to: the context or the data folder that was typed, what NARU_API names, the context or
 * the data folder that the environment names, the context that `naru context use` chose, the server of the usual data
 * folder. NARU_TOKEN counts, but where NARU_API is set it is that server's and goes to no other. Throws
 * `server.unreachable`, `context.unknown`, `argument.invalid`.
 */
export function targetOf(environment: NodeJS.ProcessEnv, meant: Meant): Target {
  const { isTyped = false } = meant
  const ofEnvironment = environment['NARU_API'] || undefined
  const named = isTyped ? undefined : ofEnvironment
  const isOfOther = isTyped && ofEnvironment !== undefined
  const token = isOfOther ? undefined : environment['NARU_TOKEN'] || undefined
  const context = named === undefined ? contextOf(environment, meant) : undefined
  if (context !== undefined) {
    const { address, folder } = context
    if (token !== undefined) return { address, token, folder: null }
    return { address, token: readToken(folder), folder }
  }
  const local = readServerFile(meant.data)
  // Whoever listens at the default address without a file of ours is somebody else.
  const isNowhere = named === undefined && local === undefined && token === undefined
  if (isNowhere) throw new NaruError('server.unreachable', { address: defaultApi })
  const address = named ?? local?.api ?? defaultApi
  if (!URL.canParse(address))
    throw new NaruError('argument.invalid', { kind: 'api-address', text: address })
  if (token !== undefined) return { address, token, folder: null }
  // The token of a folder goes only to the server of that folder.
  const isOurs = named === undefined || named === local?.api
  return isOurs
    ? { address, token: readToken(meant.data), folder: meant.data }
    : { address, token: null, folder: null }
}

function contextOf(environment: NodeJS.ProcessEnv, { context, isDataNamed = false }: Meant) {
  if (context === here) return undefined
  const contexts = new Contexts(environment)
  if (context !== undefined) return contexts.require(context)
  return isDataNamed ? undefined : contexts.current()
}

export function readToken(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'token'), 'utf8').trim()
  } catch {
    return null // Not there, or not ours to read: the server then says that a token is missing.
  }
}
