import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { production } from '../../model/environment.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'

export function addDestroy(naru: Command, session: Session): void {
  const say = session.words.commands.destroy
  define(naru, {
    usage: 'destroy',
    summary: say.summary,
    examples: ['naru destroy --app hello --confirm hello'],
  })
    .option('--confirm <name>', say.confirm)
    .action(async ({ confirm }: { confirm?: string }, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const { app, environment } = await placeOf(session, asked)
      // Whoever names an environment does not mean everything.
      if (environment !== production)
        throw new NaruError('usage.invalid', {
          what: say.wholeApp(app, environment),
          expected: `naru env destroy ${environment} --app ${app} --confirm ${environment}`,
        })
      const api = apiOf(session, asked)
      await api.app(app)
      const found = confirm ?? (await askForName(session, app))
      if (found !== app) throw new NaruError('confirm.mismatch', { expected: app, found })
      await api.destroyApp(app, found)
      out(asked.json ? JSON.stringify({ destroyed: app }) : say.done(app))
    })
}

async function askForName({ terminal, words }: Session, app: string): Promise<string> {
  const say = words.commands.destroy
  if (!terminal.interactive) {
    throw new NaruError('usage.invalid', {
      what: say.nobody(app),
      expected: `naru destroy --app ${app} --confirm ${app}`,
    })
  }
  terminal.err(say.warning(app))
  return (await terminal.ask(say.question)).trim()
}
