import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { apiClient } from '../../contract/client.ts'
import { checkedLabel, isLabel } from '../../model/name.ts'
import { Contexts, here } from '../contexts.ts'
import { define } from '../define.ts'
import { type Session, shared } from '../session.ts'

/** Gets to know a server elsewhere: from then on commands mean it. */
export function addLogin(naru: Command, session: Session): void {
  const say = session.words.commands.login
  define(naru, {
    usage: 'login <url>',
    summary: say.summary,
    examples: [
      'naru login https://naru.example.com',
      'naru login http://10.0.0.5:7878 --name work < token.txt',
    ],
    app: false,
  })
    .option('--name <name>', say.name)
    .action(async (url: string, { name }: { name?: string }, command: Command) => {
      const { json } = shared(command, session)
      const { terminal, words } = session
      const address = readAddress(url)
      const called = checkedLabel('context', name ?? nameOf(address))
      if (called === here) throw new NaruError('name.invalid', { what: 'context', name: here })
      const token = await readToken(session, address)
      const api = apiClient({ address, token, language: words.language })
      const { version } = await api.server()
      const contexts = new Contexts(session.environment)
      contexts.keep(called, address, token)
      contexts.use(called)
      if (json) return terminal.out(JSON.stringify({ context: called, address, version }))
      if (isInTheOpen(address)) terminal.err(terminal.errPaint('yellow', say.inTheOpen))
      terminal.out(say.done(called, address, version))
    })

  const out = session.words.commands.logout
  define(naru, {
    usage: 'logout <name>',
    summary: out.summary,
    examples: ['naru logout work'],
    app: false,
  }).action((name: string, _options: unknown, command: Command) => {
    const { json } = shared(command, session)
    new Contexts(session.environment).forget(name)
    session.terminal.out(json ? JSON.stringify({ forgotten: name }) : out.done(name))
  })
}

function readAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.username === ''
  if (!isPlain) throw new NaruError('argument.invalid', { kind: 'server-address', text })
  return url.origin
}

/** "naru-example-com" of https://naru.example.com; what begins with a digit gets a letter in front. */
function nameOf(address: string): string {
  const host = new URL(address).hostname.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const label = host
    .replace(/^-+|-+$/g, '')
    .slice(0, 38)
    .replace(/-+$/, '')
  return isLabel(label) ? label : `s-${label}`
}

/** Never an argument, where everybody on the machine could read it. */
async function readToken({ terminal, words }: Session, address: string): Promise<string> {
  const given = terminal.interactive
    ? await terminal.askHidden(words.commands.login.question(address))
    : await terminal.readInput()
  const token = given.trim()
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) throw new NaruError('token.missing', {})
  return token
}

const isInTheOpen = (address: string): boolean => {
  const { protocol, hostname } = new URL(address)
  return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
