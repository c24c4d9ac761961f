import type { Server } from 'node:http'
import { NaruError } from '../../../base/error.ts'
import type { Log } from '../../../base/log.ts'
import type { RouteTable } from '../../../model/route.ts'
import type { Applied } from '../../router.ts'
import { checkTable, emptyTable } from '../../table.ts'
import { protocolVersion } from '../protocol.ts'
import { socketPath } from '../socket-path.ts'
import { createControl, Refused } from './control.ts'
import { after, drain } from './drain.ts'
import { createListener } from './listener.ts'
import { LiveTable } from './live-table.ts'
import { claimSocket, listenAt } from './sockets.ts'
import { readTable, writeTable } from './table-file.ts'
import { Traffic } from './traffic.ts'
import { Upstreams } from './upstream.ts'

export type PlaneOptions = { folder: string; host: string; port: number; log: Log }

/**
 * The data plane: serves the table it had on disk at once, and whatever the control socket gives it after that.
 * Rejects with the system's error when it cannot listen.
 */
export class Plane {
  readonly #upstreams = new Upstreams()
  readonly #table = new LiveTable(this.#upstreams)
  readonly #traffic = new Traffic()
  readonly #listener: Server
  readonly #control: Server
  #served: RouteTable = emptyTable
  #changes: Promise<unknown> = Promise.resolve()
  #ending = false

  /** `onEnded`: everything in flight was answered, or the time for it was up. */
  constructor(
    private readonly options: PlaneOptions,
    private readonly onEnded: () => void,
  ) {
    const { log } = options
    this.#listener = createListener(this.#table, {
      traffic: this.#traffic,
      onEjected: ({ address }, error) =>
        log.warn('instance out of rotation: it cannot be reached', {
          ...address,
          reason: error.message,
        }),
    })
    this.#control = createControl(
      {
        'GET /identity': () => this.#identity(),
        'PUT /table': (body) => this.#inTurn(() => this.#apply(body)),
        'GET /traffic': () => this.#traffic.counts(),
        'POST /drain': (body) => this.#drain(body),
        'POST /shutdown': (body) => this.#shutdown(body),
      },
      (error) => log.error('control call failed', error),
    )
  }

  async start(): Promise<void> {
    const { folder, host, port, log } = this.options
    await claimSocket(this.#control, socketPath(folder))
    try {
      this.#served = await readTable(folder)
    } catch (error) {
      log.error('the table on disk cannot be read; waiting for the next one', error)
    }
    this.#table.swap(this.#served)
    await listenAt(this.#listener, { host, port })
    log.info('router started', { host, port, table: this.#served.number })
  }

  /** Stops listening at once and ends when nothing is in flight, at the latest after the grace. */
  end(graceSeconds: number): void {
    if (this.#ending) return
    this.#ending = true
    this.#listener.close()
    this.#control.close()
    this.#listener.closeIdleConnections()
    void this.#lastRequests(graceSeconds).then(this.onEnded)
  }

  #identity() {
    const { host, port } = this.options
    return { protocol: protocolVersion, pid: process.pid, host, port, served: this.#served.number }
  }

  async #apply(body: unknown): Promise<Applied> {
    const { table, refused } = checked(body, this.#served)
    await this.#keep(table)
    this.#served = table
    this.#table.swap(table)
    return { number: table.number, refused }
  }

  /** A table that is not on disk is not served: a router that came back would serve another one. */
  async #keep(table: RouteTable): Promise<void> {
    try {
      await writeTable(this.options.folder, table)
    } catch (error) {
      this.options.log.error('the table cannot be written', error)
      throw new Refused(507, { reason: `its table file cannot be written: ${String(error)}` })
    }
  }

  #drain(body: unknown) {
    const { instance, graceSeconds } = (body ?? {}) as {
      instance?: unknown
      graceSeconds?: unknown
    }
    if (typeof instance !== 'string' || typeof graceSeconds !== 'number')
      throw new Refused(400, { reason: 'drain needs an instance and graceSeconds' })
    return drain(this.#upstreams.withId(instance), graceSeconds)
  }

  #shutdown(body: unknown): Record<never, never> {
    const { graceSeconds } = (body ?? {}) as { graceSeconds?: unknown }
    this.end(typeof graceSeconds === 'number' ? graceSeconds : 10)
    return {}
  }

  async #lastRequests(graceSeconds: number): Promise<void> {
    this.#upstreams.cutTunnels()
    const sweep = setInterval(() => this.#listener.closeIdleConnections(), 50)
    const { promise: timeIsUp, cancel } = after(graceSeconds * 1000)
    await Promise.race([new Promise((resolve) => this.#listener.once('close', resolve)), timeIsUp])
    clearInterval(sweep)
    cancel()
  }

  /** One table after the other, so that what is on disk and what is served go the same way. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change)
    this.#changes = done.catch(() => {}) // Its own caller hears of it.
    return done
  }
}

function checked(body: unknown, served: RouteTable) {
  try {
    return checkTable(body, served)
  } catch (error) {
    if (!(error instanceof NaruError) || error.code !== 'table.invalid') throw error
    const { issues } = error.facts as { issues: string[] }
    throw new Refused(422, { reason: 'table.invalid', issues })
  }
}
