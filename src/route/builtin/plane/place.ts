import { forgetRoom, type LiveRoute, watchRoom } from './live-table.ts'
import type { Waiting } from './queue.ts'
import type { Traffic } from './traffic.ts'

/** Whoever waits. */
export type InLine = {
  /** Its turn: false when there is no room yet; otherwise it leaves its place and goes. */
  go(): boolean
  /** Its route is no more. */
  moveOn(): void
  /** There is no place, it was lost, or the wait is over. */
  turnAway(): void
}

/** One request's place in the line of a route, and then of others, for no longer than the first one lets it wait. */
export class Place implements Waiting {
  #route: LiveRoute | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(
    readonly client: string,
    private readonly traffic: Traffic,
    private readonly whose: InLine,
  ) {}

  /** Goes to the line of this route; at once to its instances where they have room by now. */
  take(route: LiveRoute): void {
    const { queue, waitMs } = route.bounds
    if (waitMs === 0 || !route.queue.add(this, queue)) {
      this.#countsOf(route).turnedAway += 1
      this.#lose()
      return
    }
    this.#route = route
    this.#countsOf(route).waiting += 1
    if (this.#timer === null) {
      this.#countsOf(route).waited += 1
      this.#timer = setTimeout(() => this.turnAway(), waitMs)
    }
    watchRoom(route)
    route.queue.serve()
  }

  /** Waits no more. */
  leave(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#stepOut()
  }

  go(): boolean {
    return this.whose.go()
  }

  moveOn(): void {
    this.#stepOut()
    this.whose.moveOn()
  }

  turnAway(): void {
    if (this.#route !== null) this.#countsOf(this.#route).turnedAway += 1
    this.#lose()
  }

  #lose(): void {
    this.leave()
    this.whose.turnAway()
  }

  #stepOut(): void {
    const route = this.#route
    if (route === null) return
    this.#route = null
    route.queue.remove(this)
    if (route.queue.size === 0) forgetRoom(route)
    this.#countsOf(route).waiting -= 1
  }

  #countsOf(route: LiveRoute) {
    return this.traffic.of(route, null).counts.queue
  }
}
