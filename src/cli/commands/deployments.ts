import type { Command } from 'commander'
import { sayDuration } from '../../base/duration.ts'
import { NaruError } from '../../base/error.ts'
import type { ApiClient } from '../../contract/client.ts'
import type { DeploymentStory, DeploymentView, EventView } from '../../contract/shapes.ts'
import { english, sayStatus, sayWhatServes } from '../../contract/words/english.ts'
import { sayEvent } from '../../contract/words/words.ts'
import type { Place } from '../../model/environment.ts'
import type { NaruEvent } from '../../model/event.ts'
import { releaseName } from '../../model/release.ts'
import { moves } from '../../model/rollout.ts'
import { placeOf } from '../app-name.ts'
import { define, defineGroup } from '../define.ts'
import { problemOf, sayProblemShortly } from '../failure.ts'
import { followDeployment } from '../follow.ts'
import { readDeployment } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { printable } from '../terminal.ts'
import { ago, secondsBetween } from '../when.ts'
import { sayDeployment } from './status.ts'

export function addDeployments(naru: Command, session: Session): void {
  const definition = {
    usage: 'deployments',
    summary: 'the deployments of an app, newest first',
    examples: ['naru deployments', 'naru deployments show 4', 'naru deployments abort'],
  }
  const deployments = defineGroup(naru, definition, async (_options, command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const found = await apiOf(session, asked).deployments(place)
    if (asked.json) return out(JSON.stringify({ deployments: found }))
    if (found.length === 0) return out(`${place.app} has no deployments yet: git push naru main`)
    out(
      columns(
        ['deployment', 'release', 'kind', 'status', 'took', 'queued', 'by', ''],
        found.map(rowOf),
      ),
    )
  })
  addShow(deployments, session)
  addAbort(deployments, session)
}

function addShow(deployments: Command, session: Session): void {
  define(deployments, {
    usage: 'show <number>',
    summary: 'the story of a deployment: each step, when, why, and what was serving',
    examples: ['naru deployments show 4'],
  }).action(async (text: string, _options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const number = readDeployment(text)
    const place = await placeOf(session, asked)
    const story = await apiOf(session, asked).deployment(place, number)
    out(asked.json ? JSON.stringify(story) : tell(story))
  })
}

function addAbort(deployments: Command, session: Session): void {
  define(deployments, {
    usage: 'abort [number]',
    summary: 'take a running deployment back, to what served before',
    examples: ['naru deployments abort'],
  })
    .option('--detach', 'return at once')
    .action(
      async (
        text: string | undefined,
        { detach = false }: { detach?: boolean },
        command: Command,
      ) => {
        const asked = shared(command, session)
        const { out } = session.terminal
        const place = await placeOf(session, asked)
        const api = apiOf(session, asked)
        const number = text === undefined ? await runningOne(api, place) : readDeployment(text)
        const asking = await api.abort(place, number)
        const ended = detach
          ? asking
          : (await followDeployment({ api, place, terminal: session.terminal }, number)).deployment
        const last = ended ?? asking
        if (asked.json) out(JSON.stringify(last))
        else out(`${sayDeployment(last)}; ${sayWhatServes(last.serving)}`)
        if (last.status === 'succeeded') {
          throw new NaruError('deployment.over', {
            app: place.app,
            deployment: number,
            status: last.status,
          })
        }
      },
    )
}

async function runningOne(api: ApiClient, place: Place): Promise<number> {
  const { deployment, last } = await api.status(place)
  if (deployment !== null) return deployment.number
  const { app } = place
  if (last === null) throw new NaruError('release.none', { app, environment: place.environment })
  throw new NaruError('deployment.over', { app, deployment: last.number, status: last.status })
}

function rowOf(deployment: DeploymentView): string[] {
  const { number, release, kind, status, startedAt, endedAt, queuedAt, by, problem } = deployment
  return [
    String(number),
    releaseName(release),
    kind,
    status.replace('_', ' '),
    startedAt && endedAt ? sayDuration(secondsBetween(startedAt, endedAt)) : '-',
    ago(queuedAt),
    by,
    problem === null ? '' : sayProblemShortly(problemOf(problem)),
  ]
}

function tell(story: DeploymentStory): string {
  const { number, release, from, kind, status, by, queuedAt, serving, problem, events } = story
  const before = from === null ? 'nothing served before' : `${releaseName(from)} was stable`
  const head = `deployment ${number} (${kind}): ${releaseName(release)} ${sayStatus(status)}`
  const asked = `asked for by ${by} on ${queuedAt.slice(0, 10)} at ${queuedAt.slice(11, 19)} UTC, when ${before}`
  const why = problem === null ? [] : [`why: ${sayProblemShortly(problemOf(problem))}`]
  const now = sayWhatServes(serving)
  return [head, asked, ...why, now, '', storyTable(events)].map(printable).join('\n').trimEnd()
}

/** Each step with its time, how long after the one before, and the release that users reached then. */
function storyTable(events: readonly EventView[]): string {
  let serving = '-'
  let before: string | undefined
  const rows: string[][] = []
  for (const event of events) {
    if (typeof event.data['serving'] === 'number') serving = releaseName(event.data['serving'])
    const line = isKnown(event) ? (sayEvent(english, event) ?? quietStep(event)) : event.kind
    if (line === null) continue
    const after = before === undefined ? '' : `+${secondsBetween(before, event.at).toFixed(1)} s`
    before = event.at
    rows.push([event.at.slice(11, 23), after, serving, line])
  }
  return rows.length === 0 ? '' : columns(['time', 'after', 'serving', 'step'], rows)
}

/** In a story every step counts, also one that is no news to somebody who watches. The last is told by the end. */
function quietStep({ kind, data }: EventView): string | null {
  const to = String(data['to'])
  if (kind !== 'deployment.moved' || outcomes.has(to)) return null
  return `${releaseName(Number(data['release']))} ${sayStatus(to)}`
}

const outcomes: ReadonlySet<string> = new Set(
  Object.entries(moves).flatMap(([to, next]) => (next.length === 0 ? [to] : [])),
)

const isKnown = (event: EventView): event is NaruEvent & EventView =>
  Object.hasOwn(english.story, event.kind)
