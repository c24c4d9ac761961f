import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'

export function addDestroy(naru: Command, session: Session): void {
  define(naru, {
    usage: 'destroy',
    summary: 'end an app and remove all that Naru keeps of it',
    examples: ['naru destroy --app hello --confirm hello'],
  })
    .option('--confirm <name>', 'the name of the app, instead of being asked for it')
    .action(async ({ confirm }: { confirm?: string }, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const { app } = await placeOf(session, asked)
      const api = apiOf(session, asked)
      await api.app(app)
      const found = confirm ?? (await askForName(session, app))
      if (found !== app) throw new NaruError('confirm.mismatch', { expected: app, found })
      await api.destroyApp(app, found)
      out(
        asked.json
          ? JSON.stringify({ destroyed: app })
          : `${app} is gone: its instances, releases, secrets and logs`,
      )
    })
}

async function askForName({ terminal }: Session, app: string): Promise<string> {
  if (!terminal.interactive) {
    throw new NaruError('usage.invalid', {
      what: `this removes ${app} for ever, and nobody is there to be asked; nothing was removed`,
      expected: `naru destroy --app ${app} --confirm ${app}`,
    })
  }
  terminal.err(
    `This ends ${app} and removes its releases, settings, secrets, logs and pushed commits for ever.`,
  )
  return (await terminal.ask('Type its name to go on: ')).trim()
}
