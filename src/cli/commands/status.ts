import type { Command } from 'commander'
import type { ApiClient } from '../../contract/client.ts'
import type { DeploymentView, PlaceStatus, ServerInfo } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import type { Place } from '../../model/environment.ts'
import { releaseName } from '../../model/release.ts'
import { findApp, placeOf } from '../app-name.ts'
import { branchOf } from '../branch.ts'
import { define } from '../define.ts'
import { problemOf, sayProblemShortly } from '../failure.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { entries } from '../table.ts'
import { ago } from '../when.ts'
import { instanceTable } from './ps.ts'

export function addStatus(naru: Command, session: Session): void {
  const { words } = session
  define(naru, {
    usage: 'status',
    summary: words.commands.status.summary,
    examples: ['naru status', 'naru status --app hello --json'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const api = apiOf(session, asked)
    const app = await findApp(session, asked)
    const text =
      app === undefined
        ? await ofServer(api, words, asked.json)
        : await ofPlace(api, await placeOf(session, { ...asked, app }), words, asked.json)
    out(text)
  })
}

/** Wide enough for every name of a line, so that the values stand below each other from one call to the next. */
const nameColumns = 7

async function ofServer(api: ApiClient, words: Words, json: boolean): Promise<string> {
  const [server, apps] = await Promise.all([api.server(), api.apps()])
  if (json) return JSON.stringify({ server, apps })
  const say = words.commands.status.server
  const named = apps.map(({ name }) => name).join(', ') || say.noApps
  const pairs = [...sayServer(server, words), [say.apps, named] as const]
  return `Naru ${server.version}\n${entries(pairs, nameColumns)}`
}

function sayServer({ api, http, dataFolder, engine, startedAt, pid }: ServerInfo, words: Words) {
  const say = words.commands.status.server
  return [
    [say.api, api],
    [say.http, http],
    [say.data, dataFolder],
    [say.engine, engine.engine],
    [say.up, say.since(ago(startedAt, words), pid)],
  ] as const
}

async function ofPlace(api: ApiClient, place: Place, words: Words, json: boolean): Promise<string> {
  const status = await api.status(place)
  if (json) return JSON.stringify(status)
  const say = words.commands.status.place
  const serving = sayServing(status, words) ?? say.nothingYet(await branchOf(api, place))
  const pairs = sayPlace(status, serving, words)
  const about = `${status.app} (${status.environment})\n${entries(pairs, nameColumns)}`
  return status.instances.length === 0
    ? about
    : `${about}\n\n${instanceTable(status.instances, words)}`
}

function sayServing({ serving, beside }: PlaceStatus, words: Words): string | null {
  if (serving === null) return null
  return beside ? words.commands.status.place.both(serving, beside) : releaseName(serving)
}

function sayPlace(
  { urls, serving, stable, warm, deployment, last }: PlaceStatus,
  whatServes: string,
  words: Words,
): [string, string][] {
  const say = words.commands.status.place
  const pairs: [string, string | null][] = [
    [say.address, urls.join(' ') || say.none],
    [say.serving, whatServes],
    [say.stable, stable === null || stable === serving ? null : releaseName(stable)],
    [say.warm, warm === null ? null : say.warmFor(warm.release, warm.secondsLeft)],
    [say.now, deployment === null ? null : sayDeployment(deployment, words)],
    [say.last, last === null ? null : sayDeployment(last, words)],
  ]
  return pairs.filter((pair): pair is [string, string] => pair[1] !== null)
}

/** "deployment 4: v3 became stable, by owner, 2 min ago" */
export function sayDeployment(deployment: DeploymentView, words: Words): string {
  const { number, release, status, problem, by, queuedAt, endedAt } = deployment
  return words.commands.status.deployment({
    deployment: number,
    release,
    status: words.states.sayStatus(status),
    why: problem === null ? null : sayProblemShortly(problemOf(problem, words), words),
    by,
    ago: ago(endedAt ?? queuedAt, words),
  })
}
