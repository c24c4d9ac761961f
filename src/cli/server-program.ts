import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { errorOf, NaruError } from '../base/error.ts'
import type { Words } from '../contract/words/words.ts'
import { problemOf } from './failure.ts'

export type ServerStart = {
  /** Folder of the bundled programs. */
  programs: string
  data: string
  args: string[]
  environment: NodeJS.ProcessEnv
  words: Words
}

/**
 * Starts the server program in the background and returns when it says that it is ready. Throws what it says that
 * went wrong, `server.start-failed` where it ends without a word.
 */
export async function startInBackground(start: ServerStart): Promise<void> {
  const child = spawnInBackground(start)
  await ready(child, start)
  child.unref()
}

/** Lets the server program end what an earlier one left running, and returns when it has ended itself. Throws as above. */
export async function endLeftovers(start: Omit<ServerStart, 'args'>): Promise<void> {
  const child = spawnInBackground({ ...start, args: ['--down'] })
  const ended = endOf(child)
  await ready(child, start)
  await ended
}

/** Runs the server program in this terminal until it ends; gives its exit code. Signals to this one go to that one. */
export async function runInForeground(start: ServerStart, isReady: () => void): Promise<number> {
  const child = spawnServer(
    { ...start, args: [...start.args, '--foreground'] },
    ['inherit', 'inherit', 'inherit', 'pipe'],
    false,
  )
  const ended = endOf(child)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill(signal))
  await ready(child, start)
  isReady()
  return ended
}

/** A server has little that is young at once: a small nursery costs it nothing and saves tens of megabytes. */
const memory = ['--max-semi-space-size=4']

type Stdio = ('ignore' | 'inherit' | 'pipe' | number)[]

function spawnInBackground(start: ServerStart): ChildProcess {
  const log = openLog(start.data)
  const child = spawnServer(start, ['ignore', 'ignore', log ?? 'ignore', 'pipe'], true)
  if (log !== null) closeSync(log)
  return child
}

/** What Node.js is given to run the server program. */
export const serverArguments = ({
  programs,
  data,
  args,
}: Pick<ServerStart, 'programs' | 'data' | 'args'>): string[] => [
  ...memory,
  join(programs, 'server.cjs'),
  '--data',
  data,
  ...args,
]

function spawnServer(start: ServerStart, stdio: Stdio, detached: boolean): ChildProcess {
  // Not the folder that the person stands in: it may be removed while the server runs.
  return spawn(process.execPath, serverArguments(start), {
    cwd: '/',
    // The server speaks as whoever started it to those who do not say which language they read.
    env: { ...start.environment, NARU_LANG: start.words.language },
    stdio,
    detached,
  })
}

/** Where what the server cannot log itself goes, as when Node.js dies; null if the server will say why not. */
function openLog(data: string): number | null {
  try {
    return openSync(join(data, 'server.log'), 'a', 0o600)
  } catch {
    return null // No folder yet, or one that is closed to us: making it, or saying so, is the server's part.
  }
}

/** Waits for the one line on the server's third stream, or for its end. */
async function ready(
  child: ChildProcess,
  { data, words }: Pick<ServerStart, 'data' | 'words'>,
): Promise<void> {
  const pipe = child.stdio[3] as Readable
  const ended = endOf(child)
  let text = ''
  for await (const chunk of pipe) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  pipe.destroy()
  const said = text === '' ? null : (JSON.parse(text) as Announcement)
  if (said === null || 'failure' in said) await ended
  if (said === null) throw new NaruError('server.start-failed', { log: join(data, 'server.log') })
  if ('failure' in said) throw errorOf(problemOf(said.failure, words))
}

type Announcement = { ready: true } | { failure: { code: string; facts: Record<string, unknown> } }

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
