import type { Server } from 'node:http'
import { NaruError } from '../../../base/error.ts'
import type { Log } from '../../../base/log.ts'
import type { RouteTable } from '../../../model/route.ts'
import type { Applied, RouteTraffic } from '../../router.ts'
import { checkTable, emptyTable } from '../../table.ts'
import {
  type ElderTable,
  type Farewell,
  type HandOver,
  type Identity,
  protocolVersion,
} from '../protocol.ts'
import { ownName, socketPath } from '../socket-path.ts'
import { type Control, type Controls, createControl, Refused } from './control.ts'
import { after, drain } from './drain.ts'
import { sayFarewell } from './farewell.ts'
import { removed } from './generations.ts'
import { createListener } from './listener.ts'
import { LiveTable } from './live-table.ts'
import { claimSocket, inherited, listenAt, stopAccepting } from './sockets.ts'
import { Succession } from './succession.ts'
import { TableFile } from './table-file.ts'
import { Traffic } from './traffic.ts'
import { sumTraffic } from './traffic-sum.ts'
import { Upstreams } from './upstream.ts'

export type PlaneOptions = {
  folder: string
  host: string
  port: number
  /** Which program this is, in the words of whoever started it. */
  program: string
  /** Whether the listening socket was inherited from a supervisor. */
  isSupervised: boolean
  log: Log
}

/** How long a router that has handed over lives on for what it has in flight. */
const elderForSeconds = 12 * 60 * 60
/** How long it is there at least, to send those on who asked for it before they could know. */
const answersForMs = 1_000
const shutdownGraceSeconds = 10
/** How long a supervisor may take to let go of the address. */
const releaseWithinMs = 1_000

/**
 * The data plane: serves the table it had on disk at once, and whatever the control socket gives it after that, until
 * another router takes over; then what is in flight here. Rejects with the system's error when it cannot listen.
 */
export class Plane {
  readonly #upstreams = new Upstreams()
  readonly #table = new LiveTable(this.#upstreams)
  readonly #file: TableFile
  readonly #traffic = new Traffic()
  readonly #listener: Server
  readonly #control: Control
  readonly #succession: Succession
  /** Every connection of a visitor has ended, and no new one comes. */
  readonly #empty: Promise<unknown>
  #served: RouteTable = emptyTable
  #changes: Promise<unknown> = Promise.resolve()
  #ending: Promise<void> | null = null
  #released: () => void = () => {}

  /** `onEnded`: everything in flight was answered, or the time for it was up. */
  constructor(
    private readonly options: PlaneOptions,
    private readonly onEnded: () => void,
  ) {
    const { folder, isSupervised, log } = options
    this.#file = new TableFile(folder)
    this.#listener = createListener(this.#table, {
      traffic: this.#traffic,
      onEjected: ({ address }, error) =>
        log.warn('instance out of rotation: it cannot be reached', {
          ...address,
          reason: error.message,
        }),
    })
    this.#empty = new Promise((resolve) => this.#listener.once('close', resolve))
    this.#succession = new Succession({
      ...{ folder, isSupervised, log, listener: this.#listener },
      inTurn: (change) => this.#inTurn(change),
      keepTable: async () => (await this.#keep(this.#served)).named,
      stepAside: () => this.#stepAside(),
    })
    this.#control = createControl(this.#controls(), (error) =>
      log.error('control call failed', error),
    )
  }

  /** `older`: process id of the router that hands over to this one; 0 if none does. Returns those that live on for a while. */
  async start(older: number): Promise<{ elders: number[] }> {
    const { folder, host, port, isSupervised, log } = this.options
    await claimSocket(this.#control.server, folder, older)
    try {
      this.#served = await this.#file.read()
    } catch (error) {
      log.error('the table on disk cannot be read; waiting for the next one', error)
    }
    this.#table.swap(this.#served)
    await this.#succession.elders.find(older)
    await listenAt(this.#listener, isSupervised ? inherited : { host, port })
    await this.#succession.begin()
    await this.#catchUp()
    log.info('router started', { host, port, table: this.#served.number })
    return { elders: this.#succession.elders.pids }
  }

  /** The system, or the supervisor, says that it is time to end. */
  told(): void {
    if (this.#ending === null) void this.end(shutdownGraceSeconds)
    else this.#released() // The supervisor passes on what it was told, when it has let go of the address.
  }

  /** Ends when nothing is in flight, at the latest after the grace. Returns when the address is free. */
  end(graceSeconds: number): Promise<void> {
    this.#ending ??= this.#end(graceSeconds)
    return this.#ending
  }

  #controls(): Controls {
    const { elders } = this.#succession
    return {
      'GET /identity': () => this.#identity(),
      'PUT /table': (body) => this.#inTurn(() => this.#apply(body)),
      'GET /traffic': async () => {
        this.#succession.requireServing()
        return sumTraffic([this.#traffic.counts(), await elders.traffic()])
      },
      'POST /drain': async (body) => {
        this.#succession.requireServing()
        const { instance, graceSeconds } = drainIn(body)
        const [{ leftInFlight }, left] = await Promise.all([
          drain(this.#upstreams.withId(instance), graceSeconds),
          elders.drain(instance, graceSeconds),
        ])
        return { leftInFlight: leftInFlight + left }
      },
      'POST /shutdown': async (body) => {
        const { graceSeconds } = (body ?? {}) as { graceSeconds?: unknown }
        await this.end(typeof graceSeconds === 'number' ? graceSeconds : shutdownGraceSeconds)
        return {}
      },
      'POST /hand-over': (body) => this.#succession.handOver((body ?? {}) as HandOver),
      'PUT /elder/table': (body) => this.#follow(body),
      'GET /elder/traffic': () => this.#ownTraffic(),
      'POST /elder/drain': (body) => {
        const { instance, graceSeconds } = drainIn(body)
        return drain(this.#upstreams.withId(instance), graceSeconds)
      },
      'POST /elder/farewell': (body) => {
        this.#succession.requireSettled()
        elders.farewell(body as Farewell)
        return {}
      },
    }
  }

  #identity(): Identity {
    const { host, port, program } = this.options
    const { isElder: elder, supervisor } = this.#succession
    const { number: served } = this.#served
    const protocol = protocolVersion
    return { protocol, pid: process.pid, host, port, served, program, supervisor, elder }
  }

  /** Until it had the control socket, another one that came back may have been given a table. */
  async #catchUp(): Promise<void> {
    const table = await this.#file.read().catch(() => emptyTable) // Said at the first reading.
    if (table.number > this.#served.number) this.#swap(table)
  }

  async #apply(body: unknown): Promise<Applied> {
    this.#succession.requireServing()
    const { table, refused } = checked(body, this.#served)
    this.#succession.requireControl() // Another one's file is not written over.
    await this.#keep(table)
    this.#succession.requireControl()
    this.#swap(table)
    await this.#succession.elders.follow(table)
    return { number: table.number, refused }
  }

  /** A table that is in no file is not served: a router that came back would serve another one. */
  async #keep(table: RouteTable): Promise<{ named: Promise<void> }> {
    const { log } = this.options
    try {
      const { named, synced } = await this.#file.write(table)
      named.catch((error: unknown) =>
        log.error('the table is in its file under another name', error),
      )
      synced.catch((error: unknown) => log.error('the table is not on the disk yet', error))
      return { named }
    } catch (error) {
      log.error('the table cannot be written', error)
      throw new Refused(507, { reason: `its table file cannot be written: ${String(error)}` })
    }
  }

  #follow(body: unknown): Record<never, never> {
    if (!this.#succession.isElder && this.#ending === null)
      throw new Refused(400, { reason: 'it has not handed over' })
    this.#swap(checked((body as ElderTable).table, this.#served).table)
    return {}
  }

  #swap(table: RouteTable): void {
    this.#served = table
    this.#table.swap(table)
  }

  async #ownTraffic(): Promise<RouteTraffic[]> {
    return sumTraffic([this.#traffic.counts(), await this.#succession.elders.traffic(false)])
  }

  /** Another router serves: this one goes on with the connections that it has, each for one more answer. */
  #stepAside(): void {
    stopAccepting(this.#listener)
    this.#control.cutLines()
    const { promise: timeIsUp, cancel } = after(elderForSeconds * 1000)
    const { promise: answered } = after(answersForMs)
    void Promise.race([Promise.all([this.#empty, answered]), timeIsUp]).then(() => {
      cancel()
      return this.end(shutdownGraceSeconds)
    })
  }

  async #end(graceSeconds: number): Promise<void> {
    await this.#succession.end()
    this.#listener.close()
    this.#listener.closeIdleConnections()
    const released = new Promise<void>((resolve) => {
      this.#released = resolve
    })
    const hasSupervisor = this.#succession.supervisor > 0 && !this.#succession.isElder
    if (hasSupervisor) this.#succession.releaseSupervisor()
    await this.#succession.leave()
    void this.#finish(graceSeconds)
    if (!hasSupervisor) return
    const { promise: timeIsUp, cancel } = after(releaseWithinMs)
    await Promise.race([released, timeIsUp])
    cancel()
  }

  async #finish(graceSeconds: number): Promise<void> {
    const { folder, log } = this.options
    try {
      await Promise.all([
        this.#lastRequests(graceSeconds),
        this.#succession.isElder ? null : this.#succession.elders.end(graceSeconds),
      ])
      if (this.#succession.isElder)
        await sayFarewell(folder, { pid: process.pid, traffic: await this.#ownTraffic() })
      await this.#control.settled()
      await removed(socketPath(folder, ownName(process.pid)))
    } catch (error) {
      log.error('the end went wrong', error)
    }
    this.onEnded()
  }

  async #lastRequests(graceSeconds: number): Promise<void> {
    this.#upstreams.cutTunnels()
    const sweep = setInterval(() => this.#listener.closeIdleConnections(), 50)
    const { promise: timeIsUp, cancel } = after(graceSeconds * 1000)
    await Promise.race([this.#empty, timeIsUp])
    clearInterval(sweep)
    cancel()
  }

  /** One change after the other, so that what is on disk and what is served go the same way. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change)
    this.#changes = done.catch(() => {}) // Its own caller hears of it.
    return done
  }
}

function drainIn(body: unknown): { instance: string; graceSeconds: number } {
  const { instance, graceSeconds } = (body ?? {}) as { instance?: unknown; graceSeconds?: unknown }
  if (typeof instance !== 'string' || typeof graceSeconds !== 'number')
    throw new Refused(400, { reason: 'drain needs an instance and graceSeconds' })
  return { instance, graceSeconds }
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
