import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Command } from 'commander'
import { errorOf } from '../../base/error.ts'
import { jsonLog } from '../../base/log.ts'
import { logFile } from '../../base/log-file.ts'
import { followingMs } from '../../contract/client.ts'
import { procReceive, type RefCommand, type RefResult } from '../../source/proc-receive.ts'
import { judgePush } from '../../source/ref.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { isBug, printFailure, sayFailure } from '../failure.ts'
import { followBuild } from '../follow.ts'
import { apiOf, type Session, shared } from '../session.ts'

/** What git starts when somebody pushes: a conversation with git on stdin and stdout, the story on stderr. */
export function addProcReceive(naru: Command, session: Session): void {
  const { terminal, words } = session
  define(naru, {
    usage: 'proc-receive',
    summary: words.commands.procReceive.summary,
    examples: ['naru proc-receive'],
    hidden: true,
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { app } = await placeOf(session, { ...asked, app: session.environment['NARU_APP'] })
    endWithServer(session.environment['NARU_LIFELINE'])
    const api = apiOf(session, asked, { patienceMs: followingMs })
    await procReceive({ input: process.stdin, output: process.stdout }, async (commands) => {
      try {
        const build = await api.push(app, judgePush(commands))
        const place = { app, environment: build.environment }
        const { problem } = await followBuild({ api, place, terminal, words }, build)
        if (problem !== null) throw errorOf(problem)
        return commands.map(({ ref }) => ({ ref, ok: true }))
      } catch (error) {
        if (isBug(error)) noteBug(asked.data, error)
        return refuse(session, commands, error)
      }
    })
  })
}

/** Whoever pushes cannot ask for the stack, so it goes where the server's go. */
function noteBug(data: string, error: unknown): void {
  const file = join(data, 'server.log')
  jsonLog(logFile(file, Number.POSITIVE_INFINITY)).error('a push broke', error) // The server bounds it.
}

/** Nobody hears the hook without the server that started it: its git has lost the pusher. */
function endWithServer(stream: string | undefined): void {
  if (stream === undefined) return
  const lifeline = new Socket({ fd: Number(stream) })
  lifeline.on('error', () => process.exit(1))
  lifeline.on('close', () => process.exit(1))
  lifeline.resume().unref()
}

/** The whole failure for the person, its first line for git's summary. */
function refuse(
  { terminal, words }: Session,
  commands: readonly RefCommand[],
  error: unknown,
): RefResult[] {
  const failure = sayFailure(error, words)
  printFailure(terminal, failure)
  const [reason = failure.code] = failure.message.split('\n')
  return commands.map(({ ref }) => ({ ref, ok: false, reason }))
}
