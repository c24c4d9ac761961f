/** Time, handed in rather than read, so that a test owns it. */
export interface Clock {
  /** The wall clock, for people and logs only: it jumps. */
  now(): Date
  /**
   * Milliseconds that this data folder has been served for: monotonic, goes on where it was after a
   * restart, does not count the time in which no server ran, and ignores changes of the wall clock.
   * Every deadline is kept in it.
   */
  served(): number
  /** Calls back once, so many milliseconds of serving later. Keeps no process alive. */
  after(ms: number, callback: () => void): CancelTimer
}

/** After it the timer does not call back; once it has, or again, is fine. */
export type CancelTimer = () => void

/** A clock that goes on from `servedBefore` milliseconds. */
export function systemClock(servedBefore = 0): Clock {
  const start = performance.now()
  return {
    now: () => new Date(),
    served: () => servedBefore + Math.floor(performance.now() - start),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
