import type { Command } from 'commander'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { joinCommand, type Words } from '../remote-command.ts'
import { type Session, shared } from '../session.ts'

export function addRun(naru: Command, session: Session): void {
  const say = session.words.commands.run
  define(naru, {
    usage: 'run',
    summary: say.summary,
    examples: [
      'naru run -- npm run seed',
      "naru run 'echo $DATABASE_URL | wc -c'",
      'naru run -- node',
    ],
  })
    .argument('<command...>', say.command)
    .option('--no-terminal', say.noTerminal)
    .passThroughOptions()
    .action(async (words: string[], { terminal }: { terminal: boolean }, command: Command) => {
      const asked = shared(command, session)
      const place = await placeOf(session, asked)
      return joinCommand(
        session,
        asked,
        place,
        { command: commandOf(words), within: null },
        terminal,
      )
    })
}

/** One word is the shell's to read, as in naru.yaml; several are a program and its arguments as they are. */
const commandOf = (words: string[]): Words =>
  words.length === 1 ? (words[0] as string) : (words as [string, ...string[]])
