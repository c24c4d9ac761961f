import { Socket } from 'node:net'
import type { Command } from 'commander'
import { errorOf } from '../../base/error.ts'
import { followingMs } from '../../contract/client.ts'
import { production } from '../../model/environment.ts'
import { lifelineStream } from '../../source/git.ts'
import { procReceive, type RefCommand, type RefResult } from '../../source/proc-receive.ts'
import { judgePush } from '../../source/ref.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { printFailure, sayFailure } from '../failure.ts'
import { followBuild } from '../follow.ts'
import { apiOf, type Session, shared } from '../session.ts'

/** What git starts when somebody pushes: a conversation with git on stdin and stdout, the story on stderr. */
export function addProcReceive(naru: Command, session: Session): void {
  define(naru, {
    usage: 'proc-receive',
    summary: "the hook that decides a push; git's own",
    examples: ['naru proc-receive'],
    hidden: true,
  }).action(async (_options: unknown, command: Command) => {
    const { NARU_APP: app, NARU_ENVIRONMENT: environment = production } = session.environment
    const asked = shared(command, session)
    const place = { ...(await placeOf(session, { app: app ?? asked.app })), environment }
    endWithServer()
    const api = apiOf(session, asked, { patienceMs: followingMs })
    await procReceive({ input: process.stdin, output: process.stdout }, async (commands) => {
      try {
        const build = await api.push(place, judgePush(commands))
        const { problem } = await followBuild({ api, place, terminal: session.terminal }, build)
        if (problem !== null) throw errorOf(problem)
        return commands.map(({ ref }) => ({ ref, ok: true }))
      } catch (error) {
        return refuse(session, commands, error)
      }
    })
  })
}

/** Nobody hears the hook without the server that started it: its git has lost the pusher. */
function endWithServer(): void {
  const lifeline = new Socket({ fd: lifelineStream })
  lifeline.on('error', () => process.exit(1))
  lifeline.on('close', () => process.exit(1))
  lifeline.resume().unref()
}

/** The whole failure for the person, its first line for git's summary. */
function refuse(
  { terminal }: Session,
  commands: readonly RefCommand[],
  error: unknown,
): RefResult[] {
  const failure = sayFailure(error)
  printFailure(terminal, failure)
  const [reason = failure.code] = failure.message.split('\n')
  return commands.map(({ ref }) => ({ ref, ok: false, reason }))
}
