import type { ProbeResult } from './probe.ts'

/** What the probes of one run say so far. Times are milliseconds of a clock that never jumps. */
export type HealthState = {
  health: 'starting' | 'healthy' | 'unhealthy'
  reason: string | null
  healthySince: number | null
  /** Longest unbroken health that is over. */
  longestMs: number
  /** Failed probes in a row. */
  misses: number
}

/** A run whose health nobody knows yet. `wasHealthy`: an earlier server saw it healthy. */
export const unknownHealth = (wasHealthy: boolean): HealthState => ({
  health: wasHealthy ? 'unhealthy' : 'starting',
  reason: null,
  healthySince: null,
  longestMs: 0,
  misses: 0,
})

/** A refused connection is believed at once; anything else twice in a row. */
export function judge(state: HealthState, result: ProbeResult, nowMs: number): HealthState {
  if (result.ok) {
    return {
      ...state,
      health: 'healthy',
      reason: null,
      healthySince: state.healthySince ?? nowMs,
      misses: 0,
    }
  }
  const misses = state.misses + 1
  if (state.health !== 'healthy') return { ...state, misses, reason: result.reason }
  if (result.kind === 'missed' && misses < 2) return { ...state, misses }
  return { ...endHealth(state, nowMs), health: 'unhealthy', reason: result.reason, misses }
}

/** The same state when its unbroken health is over. */
export const endHealth = (state: HealthState, nowMs: number): HealthState => ({
  ...state,
  longestMs: Math.max(state.longestMs, healthyForMs(state, nowMs)),
  healthySince: null,
})

export const healthyForMs = ({ healthySince }: HealthState, nowMs: number): number =>
  healthySince === null ? 0 : Math.floor(nowMs - healthySince)

/**
 * How long to wait before the next probe: a moment while it may change, as the spec says once it is healthy. The healthy
 * are probed at common times: one burst costs a third of as many probes strewn over the time.
 */
export function nextProbeMs(
  { health, misses }: HealthState,
  everySeconds: number,
  nowMs: number,
): number {
  if (health === 'starting') return 75
  const every = Math.max(everySeconds * 1000, 50)
  return health === 'unhealthy' || misses > 0 ? Math.min(every, 500) : every - (nowMs % every)
}
