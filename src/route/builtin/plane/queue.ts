/** A request that waits until an instance has room for it. */
export type Waiting = {
  /** Who sent it; requests of the same client wait behind each other. */
  readonly client: string
  /** Its turn: false when there is no room yet. Otherwise it is on its way, or answered. */
  go(): boolean
  /** Its route is gone, and with it the queue: it has to look for its way again. */
  moveOn(): void
  /** Its place is gone to somebody who has fewer. */
  turnAway(): void
}

/**
 * Requests that wait for room on the instances of one route, fair between clients: each client in turn, each client's
 * requests in their order. One client's flood takes no other's place.
 */
export class Queue {
  /** By client; the first one is the next to be served. */
  readonly #lines = new Map<string, Set<Waiting>>()
  #size = 0
  #isServing = false

  get size(): number {
    return this.#size
  }

  /** Whether it was let in. Where `most` wait already, a client with more than its share gives up its last place. */
  add(waiting: Waiting, most: number): boolean {
    if (this.#size >= most && !this.#makeRoom(waiting.client, most)) return false
    const line = this.#lines.get(waiting.client)
    if (line) line.add(waiting)
    else this.#lines.set(waiting.client, new Set([waiting]))
    this.#size += 1
    return true
  }

  /** Gives up a place; whoever has none loses nothing. */
  remove(waiting: Waiting): void {
    const line = this.#lines.get(waiting.client)
    if (!line?.delete(waiting)) return
    this.#size -= 1
    if (line.size === 0) this.#lines.delete(waiting.client)
  }

  /** Lets go on whoever can, each client in turn. */
  serve(): void {
    if (this.#isServing) return // One that goes on may end at once, and make room for the next.
    this.#isServing = true
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        if (!next.go()) return
        this.remove(next)
        this.#toTheEnd(next.client)
      }
    } finally {
      this.#isServing = false
    }
  }

  /** Empties it; in the order in which they would have been served. */
  takeAll(): Waiting[] {
    const all: Waiting[] = []
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      all.push(next)
      this.remove(next)
      this.#toTheEnd(next.client)
    }
    return all
  }

  #next(): Waiting | undefined {
    const first = this.#lines.values().next()
    return first.done ? undefined : first.value.values().next().value
  }

  #toTheEnd(client: string): void {
    const line = this.#lines.get(client)
    if (line === undefined) return
    this.#lines.delete(client)
    this.#lines.set(client, line)
  }

  /** Who has a fair share already makes no room; otherwise somebody has more than that. */
  #makeRoom(client: string, most: number): boolean {
    const own = this.#lines.get(client)?.size ?? 0
    const clients = this.#lines.size + (own === 0 ? 1 : 0)
    if (own + 1 > most / clients) return false
    let longest: Set<Waiting> | undefined
    for (const line of this.#lines.values()) if (line.size > (longest?.size ?? 0)) longest = line
    const last = [...(longest ?? [])].at(-1)
    if (longest === undefined || longest.size <= own + 1 || last === undefined) return false
    this.remove(last)
    last.turnAway()
    return true
  }
}
