import type { Command } from 'commander'
import { followingMs } from '../../contract/client.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { answerShape, finish } from '../finish.ts'
import { readRelease } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'

export function addRollback(naru: Command, session: Session): void {
  const { terminal, words } = session
  define(naru, {
    usage: 'rollback [release]',
    summary: words.commands.rollback.summary,
    examples: ['naru rollback', 'naru rollback v3'],
    answers: answerShape,
  })
    .option('--detach', words.commandLine.options.detach)
    .action(
      async (
        text: string | undefined,
        { detach = false }: { detach?: boolean },
        command: Command,
      ) => {
        const asked = shared(command, session)
        const release = text === undefined ? undefined : readRelease(text)
        const place = await placeOf(session, asked)
        const api = apiOf(session, asked, { patienceMs: followingMs })
        const started = await api.rollback(place, release)
        await finish({ api, place, terminal, words }, started, {
          json: asked.json,
          detach,
        })
      },
    )
}
