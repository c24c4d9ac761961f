import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a running server says of itself in its data folder. Left behind when it was killed. */
export type ServerFile = {
  pid: number
  api: string
  http: string
  version: string
  /** Which programs it was started with; not there: a server of before this was written. */
  programs?: string
}

export const defaultApi = 'http://127.0.0.1:7878'

/** Undefined where no server runs on that folder, or none that this user may know of. */
export function readServerFile(data: string): ServerFile | undefined {
  try {
    const file: unknown = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8'))
    return namesServer(file) ? file : undefined
  } catch {
    return undefined // Missing, unreadable or cut off in the middle: each means that there is none to talk to.
  }
}

/** Without an address of its own the folder's token would be sent to whoever listens where servers usually do. */
const namesServer = (file: unknown): file is ServerFile =>
  typeof file === 'object' &&
  file !== null &&
  'api' in file &&
  typeof file.api === 'string' &&
  URL.canParse(file.api)
