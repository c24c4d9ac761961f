import type { Agenda } from './agenda.ts'
import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

/** What everything in a simulated world has around it. */
export type Surroundings = {
  readonly random: Random
  readonly agenda: Agenda
  readonly trace: Trace
  readonly trouble: Trouble
  /** The wall clock, which jumps. */
  wall(): Date
  /** Somebody sets the wall clock, so many milliseconds ahead of what it says. */
  setWall(ms: number): void
  /** A promise was broken: the world ends after this step. */
  violate(what: string): void
}

/** What ails the world now; in a calm one nothing does, and every program works from its next start on. */
export type Trouble = {
  isCalm: boolean
  isDiskFull: boolean
  /** How likely a call of the engine or the source fails. */
  failing: number
  /** How much longer than usual calls take. */
  slowness: number
}

/** What the world does to those in it: never a mistake of Naru's. */
export class WorldFault extends Error {}
