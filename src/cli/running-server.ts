import { NaruError } from '../base/error.ts'
import { waitForEnd } from '../base/process-end.ts'
import { type ApiClient, answers } from '../contract/client.ts'
import { ApiFailure } from '../contract/failure.ts'
import type { ServerInfo } from '../contract/shapes.ts'
import { readServerFile } from './server-file.ts'
import { localApi } from './session.ts'

export type RunningServer = {
  api: ApiClient
  info: ServerInfo
  /** Which programs it was started with, as `serverDigest` says it; undefined: none that said so. */
  programs: string | undefined
}

/** The server of that data folder, if it runs and answers; another one at the address it once had is not it. */
export async function runningServer(
  data: string,
  language?: string,
): Promise<RunningServer | null> {
  const file = readServerFile(data)
  if (file === undefined || !(await answers(file.api))) return null
  const api = localApi(data, file.api, language)
  try {
    const info = await api.server()
    return info.dataFolder === data || info.pid === file.pid
      ? { api, info, programs: file.programs }
      : null
  } catch (error) {
    if (isAnothers(error)) return null
    throw error
  }
}

/** Ends a server for the next one; router and apps go on serving meanwhile. One that hangs still holds the folder, which the next one says. */
export async function makeRoom({ api, info }: RunningServer): Promise<void> {
  await api.stop(true)
  await waitForEnd(info.pid, endsWithinMs)
}

const endsWithinMs = 60_000

/** A server that does not know our token is another folder's; one that is gone again is nobody's. */
const isAnothers = (error: unknown): boolean =>
  (error instanceof ApiFailure && error.code === 'token.invalid') ||
  (error instanceof NaruError && error.code === 'server.unreachable')
