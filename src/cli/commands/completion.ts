import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { candidates } from '../completion/candidates.ts'
import { isShell, scriptFor, shells } from '../completion/script.ts'
import { define } from '../define.ts'
import type { Session } from '../session.ts'

export function addCompletion(naru: Command, session: Session): void {
  const words = session.words.commands.completion
  define(naru, {
    usage: 'completion <shell>',
    summary: words.summary,
    examples: ['source <(naru completion bash)', 'naru completion fish | source'],
    app: false,
  }).action((name: string) => {
    if (!isShell(name))
      throw new NaruError('usage.invalid', {
        what: words.unknown(JSON.stringify(name)),
        expected: `naru completion ${shells[0]}`,
      })
    session.terminal.out(scriptFor(name))
  })

  define(naru, {
    usage: 'complete',
    summary: words.complete,
    examples: ['naru complete -- naru sta'],
    app: false,
    hidden: true,
  })
    .argument('[words...]')
    .action(async (typed: string[]) => {
      for (const { word, about } of await candidates(naru, session, typed))
        session.terminal.out(about === '' ? word : `${word}\t${about}`)
    })
}
