import { type Effect, moves, type Rollout, type Status } from '../model/rollout.ts'

/** The state in another status, from now on. Throws where the table of moves does not allow it: that is a bug. */
export function enter(state: Rollout, status: Status, now: number): Rollout {
  if (!moves[state.status].includes(status)) {
    throw new Error(`a deployment cannot go from ${state.status} to ${status}`)
  }
  return { ...state, status, since: now }
}

/** The state with one more effect to be done, under a key of its own. */
export function decide(state: Rollout, effect: Effect): Rollout {
  const effects = state.effects + 1
  const pending = [...state.pending, { key: `${effects}-${effect.do}`, effect }]
  return { ...state, pending, effects }
}

/** Services of that side get their replicas; nothing is decided where none is named. */
export const start = (
  state: Rollout,
  side: 'candidate' | 'stable',
  services: readonly { name: string }[],
): Rollout =>
  services.length === 0
    ? state
    : decide(state, { do: 'start', side, services: services.map(({ name }) => name) })

/** Services of that side end; nothing is decided where none is named. */
export const stop = (
  state: Rollout,
  side: 'candidate' | 'stable',
  services: readonly { name: string }[],
): Rollout =>
  services.length === 0
    ? state
    : decide(state, { do: 'stop', side, services: services.map(({ name }) => name) })
