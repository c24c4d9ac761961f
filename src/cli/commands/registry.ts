import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { isRegistryHost, registryNamed } from '../../model/registry.ts'
import { define, defineGroup } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addRegistry(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.registry
  const list = async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const registries = await apiOf(session, asked).registries()
    if (asked.json) return out(JSON.stringify({ registries }))
    if (registries.length === 0) return out(say.none)
    const rows = registries.map(({ host, user, setAt }) => [host, user, ago(setAt, words)])
    out(columns(say.head, rows))
  }
  const examples = [
    'naru registry',
    'naru registry login ghcr.io --user ada < token.txt',
    'naru registry logout ghcr.io',
  ]
  const definition = { usage: 'registry', summary: say.summary, examples, app: false }
  const registry = defineGroup(naru, definition, list)
  define(registry, {
    usage: 'login <host>',
    summary: say.login.summary,
    examples: ['naru registry login ghcr.io --user ada < token.txt'],
    app: false,
  })
    .requiredOption('--user <name>', say.login.user)
    .action(async (text: string, { user }: { user: string }, command: Command) => {
      const asked = shared(command, session)
      const host = readHost(text)
      const password = await readPassword(session, host, user)
      await apiOf(session, asked).logInAt(host, { user, password })
      session.terminal.out(asked.json ? JSON.stringify({ host, user }) : say.login.done(host, user))
    })
  define(registry, {
    usage: 'logout <host>',
    summary: say.logout.summary,
    examples: ['naru registry logout ghcr.io'],
    app: false,
  }).action(async (text: string, _options: unknown, command: Command) => {
    const asked = shared(command, session)
    const host = readHost(text)
    await apiOf(session, asked).logOutAt(host)
    session.terminal.out(asked.json ? JSON.stringify({ host }) : say.logout.done(host))
  })
}

function readHost(text: string): string {
  const host = registryNamed(text)
  if (!isRegistryHost(host)) throw new NaruError('argument.invalid', { kind: 'registry', text })
  return host
}

/** Never an argument, which everybody on the machine can read. */
async function readPassword(
  { terminal, words }: Session,
  host: string,
  user: string,
): Promise<string> {
  const value = terminal.interactive
    ? await terminal.askHidden(words.commands.registry.login.question(host, user))
    : (await terminal.readInput()).replace(/\r?\n$/, '')
  if (value === '')
    throw new NaruError('value.invalid', {
      what: 'password',
      name: host,
      reason: 'it is empty',
    })
  return value
}
