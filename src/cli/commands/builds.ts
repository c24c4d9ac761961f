import type { Command } from 'commander'
import type { BuildView } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import { placeOf } from '../app-name.ts'
import { branchOf } from '../branch.ts'
import { define, defineGroup } from '../define.ts'
import { problemOf, sayProblemShortly } from '../failure.ts'
import { readBuild } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { printableLog } from '../terminal.ts'
import { ago, secondsBetween } from '../when.ts'

export function addBuilds(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.builds
  const definition = {
    usage: 'builds',
    summary: say.summary,
    examples: ['naru builds', 'naru builds show 3', 'naru builds cancel 3'],
  }
  const builds = defineGroup(naru, definition, async (_options, command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const { app } = place
    const api = apiOf(session, asked)
    const found = await api.builds(app, asked.namedEnv)
    if (asked.json) return out(JSON.stringify({ builds: found }))
    if (found.length === 0) return out(say.none(app, await branchOf(api, place)))
    out(
      columns(
        say.head,
        found.map((build) => rowOf(build, words)),
      ),
    )
  })
  define(builds, {
    usage: 'show <number>',
    summary: say.show.summary,
    examples: ['naru builds show 3'],
  })
    .option('-f, --follow', say.show.follow)
    .action(async (text: string, { follow = false }: { follow?: boolean }, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const number = readBuild(text)
      const { app } = await placeOf(session, asked)
      const api = apiOf(session, asked)
      const build = await api.build(app, number)
      if (!asked.json) out(`${sayBuild(build, words)}\n`)
      const log: string[] = []
      let ended = build
      for await (const message of api.buildLog(app, number, { follow })) {
        if (message.kind === 'end') ended = message.build
        else if (asked.json) log.push(message.text)
        else out(printableLog(message.text))
      }
      if (asked.json) return out(JSON.stringify({ build: ended, log }))
      if (ended.status !== build.status) out(`\n${sayBuild(ended, words)}`)
    })
  addCancel(builds, session)
}

function addCancel(builds: Command, session: Session): void {
  const { words } = session
  const say = words.commands.builds.cancel
  define(builds, {
    usage: 'cancel <number>',
    summary: say.summary,
    examples: ['naru builds cancel 3'],
  }).action(async (text: string, _options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const number = readBuild(text)
    const { app } = await placeOf(session, asked)
    const build = await apiOf(session, asked).cancelBuild(app, number)
    out(asked.json ? JSON.stringify({ build }) : say.done(number))
  })
}

function rowOf(build: BuildView, words: Words): string[] {
  const { number, environment, status, ahead, commit, startedAt, endedAt, queuedAt, by, title } =
    build
  const took = startedAt && endedAt ? words.time.duration(secondsBetween(startedAt, endedAt)) : '-'
  const state = words.commands.builds.state(words.states.word(status), ahead)
  return [
    String(number),
    environment,
    state,
    commit.slice(0, 7),
    took,
    ago(queuedAt, words),
    by,
    title,
  ]
}

function sayBuild({ number, status, commit, title, problem, deployment }: BuildView, words: Words) {
  return words.commands.builds.show.line({
    build: number,
    status: words.states.word(status),
    why: problem === null ? null : sayProblemShortly(problemOf(problem, words), words),
    commit: commit.slice(0, 7),
    title,
    deployment,
  })
}
