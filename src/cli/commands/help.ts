import type { Command } from 'commander'
import { define, refuseOperands } from '../define.ts'
import type { Session } from '../session.ts'

export function addHelp(naru: Command, { words }: Session): void {
  define(naru, {
    usage: 'help [command...]',
    summary: words.commands.help.summary,
    examples: ['naru help rollback', 'naru help settings set'],
    app: false,
  }).action((path: string[]) => {
    let found = naru
    for (const word of path) {
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
