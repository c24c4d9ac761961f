import type { Deployment } from '../model/deployment.ts'
import type { EventData, EventKind, NewEvent } from '../model/event.ts'
import {
  type Effect,
  isOver,
  type PendingEffect,
  type Rollout,
  strategyOf,
} from '../model/rollout.ts'
import { settleMs } from '../rollout/judge.ts'
import { servedBy } from './serving.ts'

export type Told = {
  deployment: Deployment
  /** What is stable now: a deployment that never began does not know it. */
  stable: number | null
  urls: string[]
  secondsSincePush: number
  /** Instances of the candidate that are there already, by service: as of a warm release. */
  there: Readonly<Record<string, number>>
  servedMs: number
}

/** What one step of a rollout adds to the deployment's story, oldest first. */
export function tell(
  before: Rollout,
  after: Rollout,
  decided: PendingEffect[],
  told: Told,
): NewEvent[] {
  const { deployment } = told
  const about = { deployment: deployment.number, release: deployment.release }
  const serving = before.status === 'queued' ? told.stable : servedBy(after)
  const events: NewEvent[] = []
  const add = <K extends EventKind>(kind: K, data: EventData[K]): void => {
    events.push({
      app: deployment.app,
      environment: deployment.environment,
      kind,
      data,
    } as NewEvent)
  }

  const cameUp =
    before.wave !== null &&
    after.wave?.services !== before.wave.services &&
    after.status !== 'aborting'
  if (cameUp && before.wave !== null)
    add('deployment.healthy', { ...about, services: before.wave.services })
  const strategy = strategyOf(after)
  if (before.status === 'queued' && after.stable !== null && strategy !== 'blue-green')
    add('deployment.strategy', { ...about, from: after.stable.release, strategy })
  if (after.status !== before.status)
    add('deployment.moved', { ...about, ...move(before, after, serving) })
  if (before.silentSince === null && after.silentSince !== null) {
    const from = servedBy(before)
    if (from !== null) add('deployment.silent', { ...about, from })
  }
  for (const { effect } of decided) {
    if (effect.do !== 'start' || effect.side !== 'candidate' || before.traffic === 'both') continue
    const services = startingNow(after, effect, told.there)
    if (services.length > 0) add('deployment.starting', { ...about, services })
  }
  const slow = after.wave?.slow
  if (slow !== undefined && before.wave?.slow === undefined)
    add('deployment.slow', { ...about, ...slow })
  for (const { name, replicas } of after.candidate.services) {
    const instances = after.rolling?.admitted[name] ?? 0
    if (instances > (before.rolling?.admitted[name] ?? 0))
      add('deployment.rolled', { ...about, service: name, instances, replicas })
  }
  if (before.silentSince !== null && after.silentSince === null) {
    const silentSeconds = Math.max(0, told.servedMs - before.silentSince) / 1000
    add('deployment.answering', { ...about, serving: servedBy(after), silentSeconds })
  }
  if (after.status === 'baking' && before.status !== 'baking') {
    add('deployment.live', { ...about, seconds: told.secondsSincePush, urls: told.urls })
  }
  if (isOver(after.status) && !isOver(before.status)) {
    const { status, problem } = after
    add('deployment.ended', {
      ...about,
      status,
      serving,
      problem,
      seconds: told.secondsSincePush,
    })
  }
  return events
}

/** Those of which something starts. */
const startingNow = (
  { candidate }: Rollout,
  { services, count }: Extract<Effect, { do: 'start' }>,
  there: Told['there'],
): string[] =>
  services.filter((service) => {
    const replicas = candidate.services.find(({ name }) => name === service)?.replicas ?? 1
    return (there[service] ?? 0) < Math.min(replicas, count ?? replicas)
  })

const move = (before: Rollout, after: Rollout, serving: number | null) => ({
  from: before.status,
  to: after.status,
  serving,
  problem: after.problem,
  settleSeconds: settleMs(after) / 1000,
})
