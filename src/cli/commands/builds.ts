import type { Command } from 'commander'
import { sayDuration } from '../../base/duration.ts'
import type { BuildView } from '../../contract/shapes.ts'
import { placeOf } from '../app-name.ts'
import { define, defineGroup } from '../define.ts'
import { problemOf, sayProblemShortly } from '../failure.ts'
import { readBuild } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { printableLog } from '../terminal.ts'
import { ago, secondsBetween } from '../when.ts'

export function addBuilds(naru: Command, session: Session): void {
  const definition = {
    usage: 'builds',
    summary: 'the builds of an app, newest first',
    examples: ['naru builds', 'naru builds show 3'],
  }
  const builds = defineGroup(naru, definition, async (_options, command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const { app } = await placeOf(session, asked)
    const found = await apiOf(session, asked).builds(app)
    if (asked.json) return out(JSON.stringify({ builds: found }))
    if (found.length === 0) return out(`${app} has no builds yet: git push naru main`)
    out(columns(['build', 'status', 'commit', 'took', 'queued', 'by', 'title'], found.map(rowOf)))
  })
  define(builds, {
    usage: 'show <number>',
    summary: 'one build and its log',
    examples: ['naru builds show 3'],
  })
    .option('-f, --follow', 'until the build is over')
    .action(async (text: string, { follow = false }: { follow?: boolean }, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const number = readBuild(text)
      const { app } = await placeOf(session, asked)
      const api = apiOf(session, asked)
      const build = await api.build(app, number)
      if (!asked.json) out(`build ${number}: ${sayBuild(build)}\n`)
      const log: string[] = []
      let ended = build
      for await (const message of api.buildLog(app, number, { follow })) {
        if (message.kind === 'end') ended = message.build
        else if (asked.json) log.push(message.text)
        else out(printableLog(message.text))
      }
      if (asked.json) return out(JSON.stringify({ build: ended, log }))
      if (ended.status !== build.status) out(`\nbuild ${number}: ${sayBuild(ended)}`)
    })
}

function rowOf(build: BuildView): string[] {
  const { number, status, commit, startedAt, endedAt, queuedAt, by, title } = build
  const took = startedAt && endedAt ? sayDuration(secondsBetween(startedAt, endedAt)) : '-'
  return [String(number), status, commit.slice(0, 7), took, ago(queuedAt), by, title]
}

function sayBuild({ status, commit, title, problem, deployment }: BuildView): string {
  const why = problem === null ? '' : `: ${sayProblemShortly(problemOf(problem))}`
  const came = deployment === null ? '' : `, deployment ${deployment} came of it`
  return `${status}${why} (${commit.slice(0, 7)} ${title})${came}`
}
