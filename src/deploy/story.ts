import type { Deployment } from '../model/deployment.ts'
import type { EventData, EventKind, NewEvent } from '../model/event.ts'
import { isOver, type PendingEffect, type Rollout } from '../model/rollout.ts'
import { settleMs } from '../rollout/judge.ts'
import { servedBy } from './serving.ts'

export type Told = {
  deployment: Deployment
  /** What is stable now: a deployment that never began does not know it. */
  stable: number | null
  urls: string[]
  secondsSincePush: number
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
  if (after.status !== before.status)
    add('deployment.moved', { ...about, ...move(before, after, serving) })
  for (const { effect } of decided) {
    if (effect.do === 'start' && effect.side === 'candidate') {
      add('deployment.starting', { ...about, services: effect.services })
    }
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

const move = (before: Rollout, after: Rollout, serving: number | null) => ({
  from: before.status,
  to: after.status,
  serving,
  problem: after.problem,
  settleSeconds: settleMs(after) / 1000,
})
