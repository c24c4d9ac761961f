import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { NaruError } from '../../base/error.ts'
import type { ServerInfo } from '../../contract/shapes.ts'
import { makeRoom, runningServer } from '../running-server.ts'
import { type ServerStart, serverArguments, startInBackground } from '../server-program.ts'
import { bootOf } from './boot.ts'

/** For the server to answer. */
const limitMs = 60_000

/**
 * Lets the machine's service manager start the server, now and at every boot. One that runs already is replaced; router
 * and apps go on meanwhile, and where the service manager refuses, it runs on as it did. Throws `boot.unsupported`, `boot.failed`, `server.start-failed`.
 */
export async function startAtBoot(
  start: ServerStart,
  running: Awaited<ReturnType<typeof runningServer>>,
): Promise<{ file: string; info: ServerInfo }> {
  const { data, environment } = start
  const boot = await bootOf(data, environment)
  if (running !== null) {
    await makeRoom(running)
  }
  const path = [dirname(process.execPath), environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin']
  const args = [...serverArguments(start), '--foreground']
  try {
    await boot.keep({ node: process.execPath, args, path: path.join(':') })
  } catch (error) {
    if (running !== null) await startInBackground(start) // As it ran before; a failure of this is the worse one to have.
    throw error
  }
  const info = await answering(data)
  if (info === undefined)
    throw new NaruError('server.start-failed', { log: join(data, 'server.log') })
  return { file: boot.file, info }
}

/** A service manager gives no word when the server answers, so that it is asked. */
async function answering(data: string): Promise<ServerInfo | undefined> {
  for (const end = performance.now() + limitMs; performance.now() < end; await delay(100)) {
    const found = await runningServer(data)
    if (found !== null) return found.info
  }
  return undefined
}
