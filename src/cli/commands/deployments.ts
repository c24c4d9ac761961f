import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { ApiClient } from '../../contract/client.ts'
import type { DeploymentStory, DeploymentView, EventView } from '../../contract/shapes.ts'
import { sayEvent, type Words } from '../../contract/words/words.ts'
import type { Place } from '../../model/environment.ts'
import type { NaruEvent } from '../../model/event.ts'
import { releaseName } from '../../model/release.ts'
import { moves } from '../../model/rollout.ts'
import { placeOf } from '../app-name.ts'
import { branchOf } from '../branch.ts'
import { define, defineGroup } from '../define.ts'
import { problemOf, sayProblemShortly } from '../failure.ts'
import { answerOf, answerShape } from '../finish.ts'
import { followDeployment } from '../follow.ts'
import { readDeployment } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { printable } from '../terminal.ts'
import { ago, clockOf, dayOf, preciseClockOf, secondsBetween } from '../when.ts'
import { sayDeployment } from './status.ts'

export function addDeployments(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.deployments
  const definition = {
    usage: 'deployments',
    summary: say.summary,
    examples: ['naru deployments', 'naru deployments show 4', 'naru deployments abort'],
  }
  const deployments = defineGroup(naru, definition, async (_options, command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const api = apiOf(session, asked)
    const found = await api.deployments(place)
    if (asked.json) return out(JSON.stringify({ deployments: found }))
    if (found.length === 0) return out(say.none(place.app, await branchOf(api, place)))
    out(
      columns(
        say.head,
        found.map((deployment) => rowOf(deployment, words)),
      ),
    )
  })
  addShow(deployments, session)
  addAbort(deployments, session)
}

function addShow(deployments: Command, session: Session): void {
  const { words } = session
  define(deployments, {
    usage: 'show <number>',
    summary: words.commands.deployments.show.summary,
    examples: ['naru deployments show 4'],
  }).action(async (text: string, _options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const number = readDeployment(text)
    const place = await placeOf(session, asked)
    const story = await apiOf(session, asked).deployment(place, number)
    out(asked.json ? JSON.stringify({ deployment: story }) : tell(story, words))
  })
}

function addAbort(deployments: Command, session: Session): void {
  const { words } = session
  const say = words.commands.deployments.abort
  define(deployments, {
    usage: 'abort [number]',
    summary: say.summary,
    examples: ['naru deployments abort'],
    answers: answerShape,
  })
    .option('--detach', words.commandLine.options.detach)
    .action(
      async (
        text: string | undefined,
        { detach = false }: { detach?: boolean },
        command: Command,
      ) => {
        const asked = shared(command, session)
        const { terminal } = session
        const place = await placeOf(session, asked)
        const api = apiOf(session, asked)
        const number = text === undefined ? await runningOne(api, place) : readDeployment(text)
        const asking = await api.abort(place, number)
        const ended = detach
          ? asking
          : (await followDeployment({ api, place, terminal, words }, number)).deployment
        const last = ended ?? asking
        const serves = words.states.sayWhatServes(last.serving)
        terminal.out(
          asked.json
            ? answerOf({ deployment: last })
            : say.done(sayDeployment(last, words), serves),
        )
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

function rowOf(deployment: DeploymentView, words: Words): string[] {
  const { number, release, kind, status, startedAt, endedAt, queuedAt, by, problem } = deployment
  return [
    String(number),
    releaseName(release),
    words.states.word(kind),
    words.states.word(status),
    startedAt && endedAt ? words.time.duration(secondsBetween(startedAt, endedAt)) : '-',
    ago(queuedAt, words),
    by,
    problem === null ? '' : sayProblemShortly(problemOf(problem, words), words),
  ]
}

function tell(story: DeploymentStory, words: Words): string {
  const { number, release, from, kind, status, by, queuedAt, serving, problem, events } = story
  const { commands, states } = words
  const say = commands.deployments.show
  const why = problem === null ? null : sayProblemShortly(problemOf(problem, words), words)
  return [
    say.title(number, states.word(kind), release, states.sayStatus(status)),
    say.asked(by, dayOf(queuedAt), clockOf(queuedAt), from),
    ...(why === null ? [] : [say.why(why)]),
    states.sayWhatServes(serving),
    '',
    storyTable(events, from, words),
  ]
    .map(printable)
    .join('\n')
    .trimEnd()
}

/** Each step with its time, how long after the one before, and the release that users reached then, at first `from`. */
function storyTable(events: readonly EventView[], from: number | null, words: Words): string {
  const say = words.commands.deployments.show
  let serving = from === null ? '-' : releaseName(from)
  let before: string | undefined
  const rows: string[][] = []
  for (const event of events) {
    if (typeof event.data['serving'] === 'number') serving = releaseName(event.data['serving'])
    const line = isKnown(event, words)
      ? (sayEvent(words, event) ?? quietStep(event, words))
      : event.kind
    if (line === null) continue
    const after = before === undefined ? '' : say.after(secondsBetween(before, event.at).toFixed(1))
    before = event.at
    rows.push([preciseClockOf(event.at), after, serving, line])
  }
  return rows.length === 0 ? '' : columns(say.head, rows)
}

/** In a story every step counts, also one that is no news to somebody who watches. The last is told by the end. */
function quietStep({ kind, data }: EventView, { commands, states }: Words): string | null {
  const to = String(data['to'])
  if (kind !== 'deployment.moved' || outcomes.has(to)) return null
  return commands.deployments.show.step(Number(data['release']), states.sayStatus(to))
}

const outcomes: ReadonlySet<string> = new Set(
  Object.entries(moves).flatMap(([to, next]) => (next.length === 0 ? [to] : [])),
)

const isKnown = (event: EventView, { story }: Words): event is NaruEvent & EventView =>
  Object.hasOwn(story, event.kind)
