import type { Random } from './random.ts'

type Entry = { atMs: number; tie: number; name: string; run: () => void; cancelled: boolean }

/**
 * What is going to happen, and when. One entry is one step of the simulation: a timer that fires, a call that reaches its
 * door or is answered, a program that changes, or somebody who acts. What happens at the same millisecond happens in a random order.
 */
export class Agenda {
  /** Milliseconds since this world began. */
  nowMs = 0
  readonly #entries: Entry[] = []

  constructor(private readonly random: Random) {}

  /** Returns how to take it off again. */
  in(ms: number, name: string, run: () => void): () => void {
    const entry: Entry = {
      atMs: this.nowMs + Math.max(0, ms),
      tie: this.random.next(),
      name,
      run,
      cancelled: false,
    }
    this.#entries.splice(this.#placeOf(entry), 0, entry)
    return () => {
      entry.cancelled = true
    }
  }

  /** Lets the next thing happen, and says what it was; undefined when nothing ever happens any more. */
  next(): string | undefined {
    for (;;) {
      const entry = this.#entries.pop()
      if (entry === undefined) return undefined
      if (entry.cancelled) continue
      this.nowMs = Math.max(this.nowMs, entry.atMs)
      entry.run()
      return entry.name
    }
  }

  /** Time passes in which nothing runs: everything that was due is late, and happens now. */
  leap(ms: number): void {
    this.nowMs += ms
  }

  /** The last entry is the next one. */
  #placeOf(entry: Entry): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isLater(this.#entries[middle] as Entry, entry)) low = middle + 1
      else high = middle
    }
    return low
  }
}

const isLater = (one: Entry, other: Entry): boolean =>
  one.atMs > other.atMs || (one.atMs === other.atMs && one.tie > other.tie)
