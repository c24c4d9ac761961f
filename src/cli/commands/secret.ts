import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { Words } from '../../contract/words/words.ts'
import { isVariable } from '../../model/name.ts'
import { placeOf } from '../app-name.ts'
import { type ChangeOptions, change, withChangeOptions } from '../change.ts'
import { define, defineGroup } from '../define.ts'
import { answerShape } from '../finish.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addSecret(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.secret
  const examples = [
    'naru secret',
    'naru secret set DATABASE_URL < url.txt',
    'naru secret unset DATABASE_URL',
  ]
  const list = async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const secrets = await apiOf(session, asked).secrets(place)
    if (asked.json) return out(JSON.stringify({ secrets }))
    if (secrets.length === 0) return out(say.none(place.app))
    out(
      columns(
        say.head,
        secrets.map(({ name, version, updatedAt }) => [
          name,
          String(version),
          ago(updatedAt, words),
        ]),
      ),
    )
  }
  const definition = {
    usage: 'secret',
    summary: say.summary,
    examples,
  }
  const secret = defineGroup(naru, definition, list)
  define(secret, {
    usage: 'list',
    summary: say.list.summary,
    examples: ['naru secret list'],
  }).action(list)
  withChangeOptions(
    define(secret, {
      usage: 'set <NAME>',
      summary: say.set.summary,
      examples: ['naru secret set DATABASE_URL', 'naru secret set TLS_KEY < key.pem'],
      answers: answerShape,
    }),
  ).action(async (name: string, options: ChangeOptions, command: Command) => {
    refuseValue(name, words)
    const place = await placeOf(session, shared(command, session))
    const value = await readValue(session, name, place.app)
    await change(session, command, 'changeSecrets', { set: { [name]: value } }, options)
  })
  withChangeOptions(
    define(secret, {
      usage: 'unset <NAME...>',
      summary: say.unset.summary,
      examples: ['naru secret unset DATABASE_URL'],
      answers: answerShape,
    }),
  ).action(async (names: string[], options: ChangeOptions, command: Command) => {
    await change(session, command, 'changeSecrets', { unset: names }, options)
  })
  addRotateKey(secret, session)
}

function addRotateKey(secret: Command, session: Session): void {
  const say = session.words.commands.secret.rotateKey
  define(secret, {
    usage: 'rotate-key',
    summary: say.summary,
    examples: ['naru secret rotate-key'],
    app: false,
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { secrets } = await apiOf(session, asked).rotateKey()
    session.terminal.out(asked.json ? JSON.stringify({ secrets }) : say.done(secrets))
  })
}

/** Everybody on the machine can read the arguments of a program. The value is not repeated. */
function refuseValue(text: string, words: Words): void {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  if (!isVariable(name)) throw new NaruError('name.invalid', { what: 'secret', name })
  if (at < 0) return
  throw new NaruError('usage.invalid', {
    what: words.commands.secret.set.neverAnArgument,
    expected: `naru secret set ${name}`,
  })
}

/** One line break at the end is the editor's or the shell's, not the secret's. */
async function readValue({ terminal, words }: Session, name: string, app: string): Promise<string> {
  const value = terminal.interactive
    ? await terminal.askHidden(words.commands.secret.set.question(name, app))
    : (await terminal.readInput()).replace(/\r?\n$/, '')
  if (value === '')
    throw new NaruError('value.invalid', { what: 'the secret', name, reason: 'it is empty' })
  return value
}
