import { setTimeout as delay } from 'node:timers/promises'
import { sayDuration } from '../base/duration.ts'
import type { Problem } from '../base/error.ts'
import type { ApiClient } from '../contract/client.ts'
import type { BuildView, DeploymentView, EventView } from '../contract/shapes.ts'
import { english, sayWhatServes } from '../contract/words/english.ts'
import { sayEvent } from '../contract/words/words.ts'
import type { Place } from '../model/environment.ts'
import type { NaruEvent } from '../model/event.ts'
import { releaseName } from '../model/release.ts'
import { Countdown } from './countdown.ts'
import { problemOf } from './failure.ts'
import { printable, printableLog, type Terminal } from './terminal.ts'
import { secondsBetween } from './when.ts'

/** How a followed build or deployment ended. Without a problem, the release is stable. */
export type Outcome = {
  problem: Problem | null
  build: BuildView | null
  deployment: DeploymentView | null
}

export type Following = { api: ApiClient; place: Place; terminal: Terminal }

/** Follows a build, line by line, and then its deployment to the end. Prints everything but the final failure. */
export async function followBuild(
  following: Following,
  { number, commit, title }: BuildView,
): Promise<Outcome> {
  const { api, place, terminal } = following
  let build: BuildView | undefined
  terminal.err(`build ${number} of ${commit.slice(0, 7)}: ${printable(title)}`)
  const waiting = afterAWhile(() => terminal.err('  waiting for its turn: other builds come first'))
  for await (const message of api.buildLog(place.app, number, { follow: true })) {
    clearTimeout(waiting)
    if (message.kind === 'line') terminal.err(`  ${printableLog(message.text)}`)
    else build = message.build
  }
  clearTimeout(waiting)
  build = await withDeployment(api, build ?? (await api.build(place.app, number)))
  if (build.problem !== null) return { problem: problemOf(build.problem), build, deployment: null }
  if (build.deployment === null) {
    const report = `build ${number} is ${build.status}, but nothing came of it`
    return { problem: { code: 'naru.broken', facts: { report } }, build, deployment: null }
  }
  const { release } = await api.deployment(place, build.deployment)
  const took =
    build.startedAt && build.endedAt
      ? ` in ${sayDuration(secondsBetween(build.startedAt, build.endedAt))}`
      : ''
  terminal.err(`build ${number} succeeded${took}: release ${releaseName(release)}`)
  return { ...(await followDeployment(following, build.deployment)), build }
}

/** Follows a deployment from its first event to its end, telling its story. Prints everything but the final failure. */
export async function followDeployment(following: Following, number: number): Promise<Outcome> {
  const { api, place, terminal } = following
  const countdown = new Countdown((line) => terminal.err(terminal.errPaint('dim', `  ${line}`)))
  const teller = new Teller(terminal)
  const stopListening = onInterrupt(terminal, number)
  const waiting = afterAWhile(() =>
    terminal.err('waiting for its turn: another deployment of the app is under way'),
  )
  let deployment: DeploymentView | undefined
  try {
    for await (const message of api.story(place, number)) {
      if (message.kind === 'end') deployment = message.deployment
      else {
        if (message.event.kind !== 'deployment.queued') clearTimeout(waiting)
        countdown.see(message.event)
        teller.tell(message.event)
      }
    }
  } finally {
    clearTimeout(waiting)
    countdown.stop()
    stopListening()
  }
  const ended = deployment ?? (await api.deployment(place, number))
  const problem = problemOfEnd(ended)
  await sayEnd(following, ended, problem)
  return { problem, build: null, deployment: ended }
}

/** What is wrong with a deployment that has ended; null when its release became stable. */
export function problemOfEnd({
  status,
  problem,
  number,
  release,
  by,
}: DeploymentView): Problem | null {
  if (status === 'succeeded') return null
  if (problem !== null) return problemOf(problem)
  if (status === 'cancelled') return { code: 'rollout.aborted', facts: { release, by } }
  return {
    code: 'naru.broken',
    facts: { report: `deployment ${number} ended as ${status} and does not say why` },
  }
}

/** Prints the events of a deployment, each with the time that its step took. */
class Teller {
  #startedAt: string | null = null
  #flippedAt: string | null = null

  constructor(private readonly terminal: Terminal) {}

  tell(event: EventView): void {
    const line = this.#lineOf(event)
    if (line !== null) this.terminal.err(this.#painted(event, printable(line)))
  }

  #lineOf(event: EventView): string | null {
    if (!isTold(event)) return null
    const line = sayEvent(english, event)
    if (line === null) return null
    if (event.kind === 'deployment.starting') this.#startedAt = event.at
    if (event.kind === 'deployment.live') this.#flippedAt = event.at
    if (event.kind === 'deployment.healthy') return line + took(this.#startedAt, event.at)
    if (event.kind === 'deployment.ended') return null // Said with what serves or stays warm.
    return line
  }

  #painted({ kind, data }: EventView, line: string): string {
    if (kind === 'deployment.live') return this.terminal.errPaint('green', line)
    if (kind === 'deployment.moved' && data['problem']) return this.terminal.errPaint('red', line)
    return this.#flippedAt === null ? line : this.terminal.errPaint('bold', line)
  }
}

/** Only what belongs to the deployment: what came before it was told already, what comes after is not its story. */
function isTold(event: EventView): event is NaruEvent & EventView {
  return (
    event.kind.startsWith('deployment.') ||
    event.kind === 'instance.ended' ||
    event.kind === 'route.refused'
  )
}

const took = (from: string | null, to: string): string =>
  from === null ? '' : ` after ${sayDuration(secondsBetween(from, to))}`

async function sayEnd(
  following: Following,
  ended: DeploymentView,
  problem: Problem | null,
): Promise<void> {
  const { api, place, terminal } = following
  if (problem === null) {
    const { warm } = await api.status(place)
    const stays =
      warm === null
        ? ''
        : `; ${releaseName(warm.release)} stays warm for ${sayDuration(warm.secondsLeft)}`
    terminal.err(terminal.errPaint('green', `${releaseName(ended.release)} is stable${stays}`))
    return
  }
  await printLastLines(following, ended, problem)
  const { serving, release, liveAt } = ended
  terminal.err(
    sayWhatServes(serving, serving === release ? undefined : liveAt === null ? 'still' : 'again'),
  )
}

const lastLines = 20

/** What the failing instance wrote last: mostly the reason is among it. */
async function printLastLines(
  { api, place, terminal }: Following,
  { release }: DeploymentView,
  problem: Problem,
): Promise<void> {
  if (!failsByItself.has(problem.code)) return
  const service = 'service' in problem.facts ? problem.facts.service : undefined
  const filter = { release, tail: lastLines, ...(service === undefined ? {} : { service }) }
  const lines: string[] = []
  for await (const { text } of api.logs(place, filter)) lines.push(text)
  const whose = `${service === undefined ? '' : `${service} of `}${releaseName(release)}`
  if (lines.length === 0) return terminal.err(`${whose} wrote nothing`)
  terminal.err(`the last ${lines.length === 1 ? 'line' : `${lines.length} lines`} of ${whose}:`)
  for (const line of lines) terminal.err(`  ${terminal.errPaint('dim', '│')} ${printableLog(line)}`)
}

const failsByItself: ReadonlySet<string> = new Set([
  'rollout.unhealthy',
  'rollout.crashed',
  'rollout.died',
  'rollout.faltered',
  'engine.start-failed',
])

/** The deployment is recorded with the build's end; a server that restarts right then may take a moment to say so. */
async function withDeployment(api: ApiClient, build: BuildView): Promise<BuildView> {
  let latest = build
  for (
    let attempt = 0;
    attempt < 20 && latest.problem === null && latest.deployment === null;
    attempt += 1
  ) {
    await delay(100)
    latest = await api.build(build.app, build.number)
  }
  return latest
}

/** Says why nothing happens, once it is long enough for somebody to wonder. */
const afterAWhile = (say: () => void): NodeJS.Timeout => setTimeout(say, 2000)

/** Whoever stops watching is told that the deployment does not stop. */
function onInterrupt(terminal: Terminal, number: number): () => void {
  const leave = () => {
    terminal.err(`the deployment goes on: naru deployments show ${number}`)
    process.exit(130)
  }
  process.once('SIGINT', leave)
  return () => process.removeListener('SIGINT', leave)
}
