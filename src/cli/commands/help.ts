import type { Command } from 'commander'
import { define, refuseOperands } from '../define.ts'
import type { Session } from '../session.ts'

export function addHelp(naru: Command, _session: Session): void {
  define(naru, {
    usage: 'help [command...]',
    summary: 'what a command does, with an example',
    examples: ['naru help rollback', 'naru help settings set'],
    app: false,
  }).action((words: string[]) => {
    let found = naru
    for (const word of words) {
      const next = found.commands.find((command) => command.name() === word)
      if (!next) {
        found.args = [word]
        return refuseOperands(found)
      }
      found = next
    }
    found.outputHelp()
  })
}
