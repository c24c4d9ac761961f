import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a running server says of itself in its data folder. Left behind when it was killed. */
export type ServerFile = { pid: number; api: string; http: string; version: string }

export const defaultApi = 'http://127.0.0.1:7878'

/** Undefined where no server runs on that folder, or none that this user may know of. */
export function readServerFile(data: string): ServerFile | undefined {
  try {
    return JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as ServerFile
  } catch {
    return undefined // Missing, unreadable or cut off in the middle: each means that there is none to talk to.
  }
}
