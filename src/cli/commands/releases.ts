import type { Command } from 'commander'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addReleases(naru: Command, session: Session): void {
  define(naru, {
    usage: 'releases',
    summary: 'the releases of an app, newest first',
    examples: ['naru releases'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const releases = await apiOf(session, asked).releases(place)
    if (asked.json) return out(JSON.stringify({ releases }))
    if (releases.length === 0) return out(`${place.app} has no releases yet: git push naru main`)
    const rows = releases.map(
      ({ number, state, stableAt, commit, build, reason, createdAt, by, title }) => [
        releaseName(number),
        state === 'retired' && stableAt === null ? 'never stable' : state,
        commit.slice(0, 7),
        String(build),
        reason,
        ago(createdAt),
        by,
        title,
      ],
    )
    out(columns(['release', 'state', 'commit', 'build', 'reason', 'made', 'by', 'title'], rows))
  })
}
