import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { joinCommand } from '../remote-command.ts'
import { type Session, shared } from '../session.ts'

type Options = { terminal: boolean; instance?: string }

export function addExec(naru: Command, session: Session): void {
  const say = session.words.commands.exec
  define(naru, {
    usage: 'exec',
    summary: say.summary,
    examples: ['naru exec web -- sh', 'naru exec web -- cat /etc/hosts'],
  })
    .argument('<service>', say.service)
    .argument('<command...>', say.command)
    .option('--instance <id>', say.instance)
    .option('--no-terminal', session.words.commands.run.noTerminal)
    .passThroughOptions()
    .action(async (service: string, words: string[], options: Options, command: Command) => {
      const asked = shared(command, session)
      const place = await placeOf(session, asked)
      const within = { service, instance: options.instance ?? null }
      const wish = { command: programOf(words), within }
      return joinCommand(session, asked, place, wish, options.terminal)
    })
}

/** What follows the service is the program's; a "--" before it is nobody's. */
function programOf([first = '', ...rest]: string[]): [string, ...string[]] {
  const [program, ...others] = first === '--' ? rest : [first, ...rest]
  if (program === undefined)
    throw new NaruError('argument.invalid', { kind: 'program', text: first })
  return [program, ...others]
}
