/** A moment at which the executor can be made to die: right before or after a write or an effect. */
export type FaultPoint = {
  when: 'before' | 'after'
  what: 'write' | 'effect'
  /** The status that is written, or the kind of the effect. */
  name: string
}

/** Called at every such moment. The only way in which a test reaches into the executor. */
export type FaultHook = (point: FaultPoint) => void

export const noFaults: FaultHook = () => {}

/**
 * A hook that kills this process without a word at one point, "after:effect:start", or at its n-th time,
 * "after:effect:start:2". Set through NARU_FAULT by tests that crash a real server.
 */
export function faultFrom(text: string | undefined): FaultHook {
  if (text === undefined || text === '') return noFaults
  const [when, what, name, nth = '1'] = text.split(':')
  let left = Number(nth)
  return (point) => {
    if (point.when !== when || point.what !== what || point.name !== name) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
