import type { Command } from 'commander'
import { sayDuration } from '../../base/duration.ts'
import type { ApiClient } from '../../contract/client.ts'
import type { DeploymentView, PlaceStatus, ServerInfo } from '../../contract/shapes.ts'
import { sayStatus } from '../../contract/words/english.ts'
import { type Place, production } from '../../model/environment.ts'
import { releaseName } from '../../model/release.ts'
import { findApp } from '../app-name.ts'
import { define } from '../define.ts'
import { problemOf, sayProblemShortly } from '../failure.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { ago } from '../when.ts'
import { instanceTable } from './ps.ts'

export function addStatus(naru: Command, session: Session): void {
  define(naru, {
    usage: 'status',
    summary: 'what an app is doing now; outside a repository, what the server is',
    examples: ['naru status', 'naru status --app hello --json'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const api = apiOf(session, asked)
    const app = await findApp(session, asked)
    const text =
      app === undefined
        ? await ofServer(api, asked.json)
        : await ofPlace(api, { app, environment: production }, asked.json)
    out(text)
  })
}

async function ofServer(api: ApiClient, json: boolean): Promise<string> {
  const [server, apps] = await Promise.all([api.server(), api.apps()])
  if (json) return JSON.stringify({ server, apps })
  const named =
    apps.map(({ name }) => name).join(', ') || 'none yet: naru init in a repository makes one'
  return lines([...sayServer(server), ['apps', named]], `Naru ${server.version}`)
}

const sayServer = ({ api, http, dataFolder, startedAt, pid }: ServerInfo): [string, string][] => [
  ['api', api],
  ['http', http],
  ['data', dataFolder],
  ['up', `since ${ago(startedAt)} (pid ${pid})`.replace('since on', 'since')],
]

async function ofPlace(api: ApiClient, place: Place, json: boolean): Promise<string> {
  const status = await api.status(place)
  if (json) return JSON.stringify(status)
  const about = lines(sayPlace(status), `${status.app} (${status.environment})`)
  return status.instances.length === 0 ? about : `${about}\n\n${instanceTable(status.instances)}`
}

function sayPlace({
  urls,
  serving,
  stable,
  warm,
  deployment,
  last,
}: PlaceStatus): [string, string][] {
  return [
    ['address', urls.join(' ') || 'none'],
    ['serving', serving === null ? 'nothing yet: git push naru main' : releaseName(serving)],
    ...(stable !== null && stable !== serving
      ? [['stable', releaseName(stable)] as [string, string]]
      : []),
    ...(warm === null
      ? []
      : [
          ['warm', `${releaseName(warm.release)} for ${sayDuration(warm.secondsLeft)} more`] as [
            string,
            string,
          ],
        ]),
    ...(deployment === null ? [] : [['now', sayDeployment(deployment)] as [string, string]]),
    ...(last === null ? [] : [['last', sayDeployment(last)] as [string, string]]),
  ]
}

/** "deployment 4: v3 became stable, 2 min ago" */
export function sayDeployment({
  number,
  release,
  status,
  problem,
  by,
  queuedAt,
  endedAt,
}: DeploymentView): string {
  const why = problem === null ? '' : ` (${sayProblemShortly(problemOf(problem))})`
  return `deployment ${number}: ${releaseName(release)} ${sayStatus(status)}${why}, by ${by}, ${ago(endedAt ?? queuedAt)}`
}

function lines(entries: readonly [string, string][], head: string): string {
  return [head, ...entries.map(([name, value]) => `  ${name.padEnd(9)}${value}`)].join('\n')
}
