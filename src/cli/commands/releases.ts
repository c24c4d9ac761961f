import type { Command } from 'commander'
import type { ReleaseView } from '../../contract/shapes.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { branchOf } from '../branch.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addReleases(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.releases
  define(naru, {
    usage: 'releases',
    summary: say.summary,
    examples: ['naru releases'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const api = apiOf(session, asked)
    const releases = await api.releases(place)
    if (asked.json) return out(JSON.stringify({ releases }))
    if (releases.length === 0) return out(say.none(place.app, await branchOf(api, place)))
    const rows = releases.map(
      ({ number, state, stableAt, commit, build, reason, promotedFrom, createdAt, by, title }) => [
        releaseName(number),
        state === 'retired' && stableAt === null
          ? words.states.neverStable
          : words.states.word(state),
        commit.slice(0, 7),
        String(build),
        words.states.word(reason) + sayOrigin(promotedFrom),
        ago(createdAt, words),
        by,
        title,
      ],
    )
    out(columns(say.head, rows))
  })
}

/** " (staging v3)" of a promotion. */
const sayOrigin = (from: ReleaseView['promotedFrom']): string =>
  from === null ? '' : ` (${from.environment} ${releaseName(from.release)})`
