import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { isVariable } from '../../model/name.ts'
import { placeOf } from '../app-name.ts'
import { type ChangeOptions, change, withChangeOptions } from '../change.ts'
import { define, defineGroup } from '../define.ts'
import { answerShape } from '../finish.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { addSettingsImport } from './settings-import.ts'

export function addSettings(naru: Command, session: Session): void {
  const say = session.words.commands.settings
  const examples = [
    'naru settings',
    'naru settings set LOG_LEVEL=debug',
    'naru settings unset LOG_LEVEL',
  ]
  const list = async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const settings = await apiOf(session, asked).settings(place)
    if (asked.json) return out(JSON.stringify({ settings }))
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    out(lines.length === 0 ? say.none(place.app) : lines.join('\n'))
  }
  const settings = defineGroup(naru, { usage: 'settings', summary: say.summary, examples }, list)
  define(settings, {
    usage: 'list',
    summary: say.list.summary,
    examples: ['naru settings list'],
  }).action(list)
  withChangeOptions(
    define(settings, {
      usage: 'set <NAME=VALUE...>',
      summary: say.set.summary,
      examples: ['naru settings set LOG_LEVEL=debug GREETING="hello there"'],
      answers: answerShape,
    }),
  ).action(async (pairs: string[], options: ChangeOptions, command: Command) => {
    await change(
      session,
      command,
      'changeSettings',
      { set: Object.fromEntries(pairs.map(readPair)) },
      options,
    )
  })
  withChangeOptions(
    define(settings, {
      usage: 'unset <NAME...>',
      summary: say.unset.summary,
      examples: ['naru settings unset LOG_LEVEL'],
      answers: answerShape,
    }),
  ).action(async (names: string[], options: ChangeOptions, command: Command) => {
    await change(session, command, 'changeSettings', { unset: names }, options)
  })
  addSettingsImport(settings, session)
}

function readPair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 0) throw new NaruError('argument.invalid', { kind: 'setting', text })
  const name = text.slice(0, at)
  if (!isVariable(name)) throw new NaruError('name.invalid', { what: 'setting', name })
  return [name, text.slice(at + 1)]
}
