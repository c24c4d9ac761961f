import type { Command } from 'commander'
import { Contexts, here } from '../contexts.ts'
import { define, defineGroup } from '../define.ts'
import { type Session, shared } from '../session.ts'
import { columns } from '../table.ts'

/** The servers that this user knows, and the one that commands mean. */
export function addContexts(naru: Command, session: Session): void {
  const say = session.words.commands.contexts
  const contexts = new Contexts(session.environment)
  const list = async (_options: unknown, command: Command) => {
    const { json } = shared(command, session)
    const current = contexts.current()?.name ?? here
    const rows = [
      { name: here, address: say.here, current: current === here },
      ...contexts.all().map(({ name, address }) => ({ name, address, current: name === current })),
    ]
    if (json) {
      const known = rows.map(({ name, address, ...row }) => ({
        name,
        address: name === here ? null : address,
        ...row,
      }))
      return session.terminal.out(JSON.stringify({ contexts: known }))
    }
    session.terminal.out(
      columns(
        say.head,
        rows.map((row) => [row.current ? '*' : '', row.name, row.address]),
      ),
    )
  }
  const group = defineGroup(
    naru,
    {
      usage: 'contexts',
      summary: say.summary,
      examples: ['naru contexts', 'naru contexts use work', 'naru contexts use local'],
      app: false,
    },
    list,
  ).alias('context')
  define(group, {
    usage: 'list',
    summary: say.list,
    examples: ['naru contexts list'],
    app: false,
  }).action(list)
  define(group, {
    usage: 'use <name>',
    summary: say.use.summary,
    examples: ['naru contexts use work'],
    app: false,
  }).action((name: string, _options: unknown, command: Command) => {
    const { json } = shared(command, session)
    contexts.use(name)
    session.terminal.out(json ? JSON.stringify({ current: name }) : say.use.done(name))
  })
}
