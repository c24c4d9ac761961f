import type { Command } from 'commander'
import type { InstanceView } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addPs(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.ps
  define(naru, {
    usage: 'ps',
    summary: say.summary,
    examples: ['naru ps'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const instances = await apiOf(session, asked).instances(place)
    if (asked.json) return out(JSON.stringify({ instances }))
    out(instances.length === 0 ? say.none(place.app) : instanceTable(instances, words))
  })
}

export function instanceTable(instances: readonly InstanceView[], words: Words): string {
  const { commands, states } = words
  const rows = instances.map(({ lastExit, ...instance }) => [
    instance.service,
    releaseName(instance.release),
    states.word(instance.health),
    instance.pid === null ? '-' : String(instance.pid),
    instance.address,
    ago(instance.startedAt, words),
    String(instance.restarts),
    instance.reason === null
      ? lastExit === null
        ? ''
        : commands.ps.lastEnd(states.exit(lastExit), ago(lastExit.at, words))
      : states.reason(instance.reason),
  ])
  return columns(commands.ps.head, rows)
}
