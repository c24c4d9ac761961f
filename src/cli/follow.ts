import { setTimeout as delay } from 'node:timers/promises'
import type { Problem } from '../base/error.ts'
import type { ApiClient } from '../contract/client.ts'
import type { BuildView, DeploymentView, EventView } from '../contract/shapes.ts'
import { sayEvent, type Words } from '../contract/words/words.ts'
import { type Place, production } from '../model/environment.ts'
import type { NaruEvent } from '../model/event.ts'
import { jobLogService } from '../model/job.ts'
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

export type Following = { api: ApiClient; place: Place; terminal: Terminal; words: Words }

/** Follows a build, line by line, and then its deployment to the end. Prints everything but the final failure. */
export async function followBuild(
  following: Following,
  { number, commit, title, environment, warnings, ahead }: BuildView,
): Promise<Outcome> {
  const { api, place, terminal, words } = following
  const say = words.following
  let build: BuildView | undefined
  const where = elsewhere({ environment })
  terminal.err(say.build(number, commit.slice(0, 7), printable(title), where))
  for (const warning of warnings)
    terminal.err(terminal.errPaint('yellow', printable(sayWarning(warning, say, where))))
  const waiting = afterAWhile(() => terminal.err(`  ${say.waitingForBuilds(ahead ?? 0)}`))
  const stopListening = onInterrupt(() => terminal.err(say.buildGoesOn(number)))
  try {
    for await (const message of api.buildLog(place.app, number, { follow: true })) {
      clearTimeout(waiting)
      if (message.kind === 'line') terminal.err(`  ${printableLog(message.text)}`)
      else build = message.build
    }
  } finally {
    clearTimeout(waiting)
    stopListening()
  }
  build = await withDeployment(api, build ?? (await api.build(place.app, number)))
  if (build.problem !== null)
    return { problem: problemOf(build.problem, words), build, deployment: null }
  if (build.status === 'succeeded' && !build.deploys) {
    terminal.err(terminal.errPaint('green', say.ready(number, where)))
    return { problem: null, build, deployment: null }
  }
  if (build.deployment === null) {
    const report = say.nothingCame(number, build.status)
    return { problem: { code: 'naru.broken', facts: { report } }, build, deployment: null }
  }
  const { release } = await api.deployment(place, build.deployment)
  const { startedAt, endedAt } = build
  const seconds = startedAt && endedAt ? secondsBetween(startedAt, endedAt) : null
  terminal.err(say.buildSucceeded(number, seconds, release))
  return { ...(await followDeployment(following, build.deployment)), build }
}

/** The environment where it must be said; null for production. */
export const elsewhere = ({ environment }: Pick<Place, 'environment'>): string | null =>
  environment === production ? null : environment

/** Follows a deployment from its first event to its end, telling its story. Prints everything but the final failure. */
export async function followDeployment(following: Following, number: number): Promise<Outcome> {
  const { api, place, terminal, words } = following
  const say = words.following
  const countdown = new Countdown((secondsLeft) =>
    terminal.err(terminal.errPaint('dim', `  ${say.stableIn(secondsLeft)}`)),
  )
  const teller = new Teller(terminal, words)
  const stopListening = onInterrupt(() => terminal.err(say.goesOn(number, elsewhere(place))))
  const waiting = afterAWhile(() => terminal.err(say.waitingForDeployment))
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
  const problem = problemOfEnd(ended, words)
  await sayEnd(following, ended, problem)
  return { problem, build: null, deployment: ended }
}

/** What is wrong with a deployment that has ended; null when its release became stable. */
export function problemOfEnd(
  { status, problem, number, release, by }: DeploymentView,
  words: Words,
): Problem | null {
  if (status === 'succeeded') return null
  if (problem !== null) return problemOf(problem, words)
  if (status === 'cancelled') return { code: 'rollout.aborted', facts: { release, by } }
  const report = words.following.endedSilently(number, status)
  return { code: 'naru.broken', facts: { report } }
}

/** Prints the events of a deployment, each with the time that its step took. */
class Teller {
  #startedAt: string | null = null
  #flippedAt: string | null = null

  constructor(
    private readonly terminal: Terminal,
    private readonly words: Words,
  ) {}

  tell(event: EventView): void {
    const line = this.#lineOf(event)
    if (line !== null) this.terminal.err(this.#painted(event, printable(line)))
  }

  #lineOf(event: EventView): string | null {
    if (!isTold(event)) return null
    const line = sayEvent(this.words, event)
    if (line === null) return null
    if (event.kind === 'deployment.starting') this.#startedAt = event.at
    if (event.kind === 'deployment.live') this.#flippedAt = event.at
    if (event.kind === 'deployment.healthy' && this.#startedAt !== null)
      return this.words.following.after(line, secondsBetween(this.#startedAt, event.at))
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
    event.kind.startsWith('job.') ||
    event.kind === 'instance.ended' ||
    event.kind === 'route.refused'
  )
}

async function sayEnd(
  following: Following,
  ended: DeploymentView,
  problem: Problem | null,
): Promise<void> {
  const { api, place, terminal, words } = following
  if (problem === null) {
    const { warm } = await api.status(place)
    terminal.err(terminal.errPaint('green', words.following.stable(ended.release, warm)))
    return
  }
  await printLastLines(following, ended, problem)
  const { serving, release, liveAt, status } = ended
  const noticed = liveAt !== null || status === 'rolled_back'
  const how = serving === release ? undefined : noticed ? 'again' : 'still'
  terminal.err(words.states.sayWhatServes(serving, how))
}

const lastLines = 20

/** What the failing instance wrote last: mostly the reason is among it. */
async function printLastLines(
  { api, place, terminal, words }: Following,
  { release }: DeploymentView,
  problem: Problem,
): Promise<void> {
  if (!failsByItself.has(problem.code)) return
  const { facts } = problem
  const job = 'job' in facts ? jobLogService(facts.job) : undefined
  const service = 'service' in facts ? facts.service : job
  const filter = { release, tail: lastLines, ...(service === undefined ? {} : { service }) }
  const lines: string[] = []
  for await (const { text } of api.logs(place, filter)) lines.push(text)
  const say = words.following
  if (lines.length === 0) return terminal.err(say.wroteNothing(service, release))
  terminal.err(say.lastLines(lines.length, service, release))
  for (const line of lines) terminal.err(`  ${terminal.errPaint('dim', '│')} ${printableLog(line)}`)
}

const failsByItself: ReadonlySet<string> = new Set([
  'rollout.unhealthy',
  'rollout.crashed',
  'rollout.died',
  'rollout.faltered',
  'engine.start-failed',
  'job.failed',
  'job.timed-out',
])

/** The deployment is recorded with the build's end; a server that restarts right then may take a moment to say so. */
async function withDeployment(api: ApiClient, build: BuildView): Promise<BuildView> {
  let latest = build
  for (
    let attempt = 0;
    attempt < 20 && latest.problem === null && latest.deployment === null && mayDeploy(latest);
    attempt += 1
  ) {
    await delay(100)
    latest = await api.build(build.app, build.number)
  }
  return latest
}

/** What has succeeded and does not deploy has nothing more to come. */
const mayDeploy = ({ status, deploys }: BuildView): boolean => deploys || status !== 'succeeded'

/** Says why nothing happens, once it is long enough for somebody to wonder. */
const afterAWhile = (say: () => void): NodeJS.Timeout => setTimeout(say, 2000)

/** Whoever stops watching is told that what is watched does not stop. */
function onInterrupt(say: () => void): () => void {
  const leave = () => {
    say()
    process.exit(130)
  }
  process.once('SIGINT', leave)
  return () => process.removeListener('SIGINT', leave)
}

function sayWarning(
  warning: BuildView['warnings'][number],
  say: Words['following'],
  where: string | null,
): string {
  return warning.kind === 'disk'
    ? say.diskFilling(warning)
    : say.envFile(warning.file, warning.names, where)
}
