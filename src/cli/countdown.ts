import type { EventView } from '../contract/shapes.ts'

const marks = [10, 5, 3, 2, 1]

/** Counts down the seconds in which a live release is being watched, at a few of them. */
export class Countdown {
  readonly #timers: NodeJS.Timeout[] = []

  constructor(private readonly say: (secondsLeft: number) => void) {}

  /** Starts where traffic has moved, and stops at whatever comes after it. */
  see({ kind, at, data }: EventView): void {
    if (kind !== 'deployment.moved') return
    this.stop()
    if (data['to'] !== 'baking') return
    const settleSeconds = Number(data['settleSeconds'] ?? 0)
    const leftMs = Date.parse(at) + settleSeconds * 1000 - Date.now()
    for (const mark of marks) {
      // The first line would only repeat what was just said.
      const inMs = leftMs - mark * 1000
      if (mark < settleSeconds && inMs >= 0)
        this.#timers.push(setTimeout(() => this.say(mark), inMs))
    }
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer)
  }
}
