import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { NaruError } from '../base/error.ts'
import { type ApiClient, type ApiOptions, apiClient } from '../contract/client.ts'
import type { ApiTarget } from '../contract/request.ts'
import { defaultApi, readServerFile } from './server-file.ts'
import type { Terminal } from './terminal.ts'

/** What every command is given: where it speaks, and where it was started. */
export type Session = {
  terminal: Terminal
  environment: NodeJS.ProcessEnv
  /** Folder that the person stands in. */
  folder: string
  /** Folder of the bundled programs. */
  programs: string
}

/** The options that every command has. */
export type Shared = { json: boolean; app: string | undefined; data: string }

/** Options of the command and of those above it, so that `naru --data X status` is `naru status --data X`. */
export function shared(command: Command, { environment, folder }: Session): Shared {
  const found: Partial<{ [K in 'json' | 'app' | 'data']: Given[K] | undefined }> = {}
  for (let at: Command | null = command; at; at = at.parent) {
    const { json, app, data } = at.opts<Given>()
    found.json ??= json
    found.app ??= app
    found.data ??= data
  }
  const data = found.data ?? environment['NARU_DATA'] ?? defaultData()
  return { json: found.json ?? false, app: found.app, data: resolve(folder, data) }
}

/** The API of the server of that data folder, or the one that NARU_API names. */
export function apiOf(
  session: Session,
  { data }: Pick<Shared, 'data'>,
  options: ApiOptions = {},
): ApiClient {
  return apiClient(targetOf(session.environment, data), options)
}

/** The API of the server of that data folder, whatever the environment names. */
export const localApi = (data: string, address: string): ApiClient =>
  apiClient({ address, token: readToken(data) })

/** Where the server is and its token. The token of a folder goes only to the server of that folder. */
export function targetOf(environment: NodeJS.ProcessEnv, data: string): ApiTarget {
  const local = readServerFile(data)
  const named = environment['NARU_API']
  const token = environment['NARU_TOKEN']
  // Whoever listens at the default address without a file of ours is somebody else.
  const isNowhere = named === undefined && local === undefined && !token
  if (isNowhere) throw new NaruError('server.unreachable', { address: defaultApi })
  const address = named ?? local?.api ?? defaultApi
  if (!URL.canParse(address)) {
    throw new NaruError('usage.invalid', {
      what: 'NARU_API is no address',
      expected: `as in ${defaultApi}`,
    })
  }
  if (token !== undefined && token !== '') return { address, token }
  const isOurs = named === undefined || named === local?.api
  return { address, token: isOurs ? readToken(data) : null }
}

type Given = { json?: boolean; app?: string; data?: string }

const defaultData = (): string =>
  process.getuid?.() === 0 ? '/var/lib/naru' : join(homedir(), '.naru')

function readToken(data: string): string | null {
  try {
    return readFileSync(join(data, 'token'), 'utf8').trim()
  } catch {
    return null // Not there, or not ours to read: the server then says that a token is missing.
  }
}
