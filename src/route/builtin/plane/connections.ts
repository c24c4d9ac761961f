import type { Client, Dispatcher } from 'undici'
import UndiciClient from 'undici/lib/dispatcher/client.js'

/** One connection at a time, for one request at a time. */
class Connection extends UndiciClient {
  isFree = false
}

/**
 * The connections to one address, as many as there are requests at once. undici's own pool does the same, but keeps 16 KB
 * for a line that nobody ever stands in, a connection too many, and whatever a burst or a refused request left behind.
 */
export class Connections {
  /** The last one that became free is taken first, so that those of a burst can rest, and end. */
  readonly #free: Connection[] = []
  readonly #all = new Set<Connection>()
  #isClosed = false

  /** `origin`: "http://127.0.0.1:3000"; both as undici's client takes them. */
  constructor(
    private readonly origin: string,
    private readonly options: Client.Options,
  ) {}

  /** How many there are, idle ones too. */
  get size(): number {
    return this.#all.size
  }

  dispatch(options: Dispatcher.DispatchOptions, events: Dispatcher.DispatchHandler): void {
    const connection = this.#free.pop() ?? this.#open()
    connection.isFree = false
    connection.dispatch(options, events)
    // One that was refused before it was sent is followed by no 'drain'.
    if (connection.stats.size === 0) this.#settle(connection)
  }

  /** The same on a connection of its own, which ends with the answer. */
  dispatchAfresh(options: Dispatcher.DispatchOptions, events: Dispatcher.DispatchHandler): void {
    const connection = new UndiciClient(this.origin, this.options)
    connection.dispatch(options, events)
    void connection.close()
  }

  /** Ends those that are idle, and the others with their answers; nothing is to be dispatched any more. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const connection of this.#all) void connection.close()
  }

  #open(): Connection {
    const connection = new Connection(this.origin, this.options)
    connection.on('drain', () => this.#settle(connection))
    connection.on('disconnect', () => {
      if (connection.isFree) this.#forget(connection)
    })
    this.#all.add(connection)
    return connection
  }

  #settle(connection: Connection): void {
    const { connected, size } = connection.stats
    if (this.#isClosed || connection.isFree || size !== 0) return
    if (!connected) {
      this.#forget(connection)
      return
    }
    connection.isFree = true
    this.#free.push(connection)
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#free.indexOf(connection)
    if (at >= 0) this.#free.splice(at, 1)
  }
}
