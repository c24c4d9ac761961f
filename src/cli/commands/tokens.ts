import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { type TokenKind, tokenKinds } from '../../model/token.ts'
import { define, defineGroup } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

/** Who may speak to this server, by the names of their tokens. */
export function addTokens(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.tokens
  const list = async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const tokens = await apiOf(session, asked).tokens()
    if (asked.json) return session.terminal.out(JSON.stringify({ tokens }))
    const rows = tokens.map(({ name, kind, createdBy, createdAt, lastUsedAt }) => [
      name,
      kind,
      createdBy ?? '-',
      ago(createdAt, words),
      lastUsedAt === null ? say.never : ago(lastUsedAt, words),
    ])
    session.terminal.out(columns(say.head, rows))
  }
  const examples = ['naru tokens', 'naru tokens create ci', 'naru tokens revoke ci']
  const group = defineGroup(
    naru,
    { usage: 'tokens', summary: say.summary, examples, app: false },
    list,
  )
  define(group, {
    usage: 'list',
    summary: say.list,
    examples: ['naru tokens list'],
    app: false,
  }).action(list)
  define(group, {
    usage: 'create <name>',
    summary: say.create.summary,
    examples: ['naru tokens create ci', 'naru tokens create wall-screen --kind reader'],
    app: false,
  })
    .option('--kind <kind>', say.create.kind, 'deployer')
    .action(async (name: string, { kind }: { kind: string }, command: Command) => {
      const asked = shared(command, session)
      const { out, err } = session.terminal
      const api = apiOf(session, asked)
      const made = await api.createToken(name, readKind(kind))
      if (asked.json) return out(JSON.stringify({ token: made }))
      err(say.create.done(name, made.kind, api.address))
      out(made.value)
    })
  define(group, {
    usage: 'revoke <name>',
    summary: say.revoke.summary,
    examples: ['naru tokens revoke ci'],
    app: false,
  }).action(async (name: string, _options: unknown, command: Command) => {
    const asked = shared(command, session)
    await apiOf(session, asked).revokeToken(name)
    session.terminal.out(asked.json ? JSON.stringify({ revoked: name }) : say.revoke.done(name))
  })
}

function readKind(text: string): TokenKind {
  const kind = tokenKinds.find((one) => one === text)
  if (kind === undefined) throw new NaruError('argument.invalid', { kind: 'token-kind', text })
  return kind
}
