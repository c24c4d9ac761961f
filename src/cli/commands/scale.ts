import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { Scale } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import { isLabel } from '../../model/name.ts'
import { placeOf } from '../app-name.ts'
import { branchOf } from '../branch.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'

type Options = { reset?: string[]; confirm?: string }

export function addScale(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.scale
  define(naru, {
    usage: 'scale [service=count...]',
    summary: say.summary,
    examples: ['naru scale', 'naru scale web=3 worker=2', 'naru scale --reset web'],
  })
    .option('--reset <service...>', say.reset)
    .option('--confirm <app>', say.confirm)
    .action(async (pairs: string[], { reset = [], confirm = '' }: Options, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const set = Object.fromEntries(pairs.map(readPair))
      const place = await placeOf(session, asked)
      const api = apiOf(session, asked)
      const isChange = pairs.length + reset.length > 0
      const services = isChange
        ? await api.changeScale(place, { set, unset: reset, confirm })
        : await api.scale(place)
      if (asked.json) return out(JSON.stringify({ services }))
      if (services.length === 0) return out(say.none(place.app, await branchOf(api, place)))
      out(table(services, words))
    })
}

function table(services: Scale['services'], words: Words): string {
  const say = words.commands.scale
  return columns(
    say.head,
    services.map(({ name, replicas, asked }) => [
      name,
      String(replicas),
      asked ? say.byScale : say.byRelease,
    ]),
  )
}

const mostInstances = 50

function readPair(text: string): [string, number] {
  const [, service = '', count = ''] = /^([^=]+)=(\d{1,4})$/.exec(text) ?? []
  if (!isLabel(service) || Number(count) > mostInstances)
    throw new NaruError('argument.invalid', { kind: 'scale', text })
  return [service, Number(count)]
}
