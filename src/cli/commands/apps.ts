import type { Command } from 'commander'
import { releaseName } from '../../model/release.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addApps(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.apps
  define(naru, {
    usage: 'apps',
    summary: say.summary,
    examples: ['naru apps'],
    app: false,
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const apps = await apiOf(session, asked).apps()
    if (asked.json) return out(JSON.stringify({ apps }))
    if (apps.length === 0) return out(say.none)
    const rows = apps.map(({ name, stable, createdAt, urls }) => [
      name,
      stable === null ? say.nothingYet : releaseName(stable),
      ago(createdAt, words),
      urls.join(' '),
    ])
    out(columns(say.head, rows))
  })
}
