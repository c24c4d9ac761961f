import type { Log } from '../../../base/log.ts'
import type { InstanceId } from '../../../model/instance.ts'
import type { RouteTable } from '../../../model/route.ts'
import type { RouteTraffic } from '../../router.ts'
import { callRouter, openLine } from '../control-client.ts'
import type { ElderTable, Farewell } from '../protocol.ts'
import { otherRouters } from './generations.ts'
import { settled, sumTraffic } from './traffic-sum.ts'

/** More routers than these that live on for their last requests are not kept: the oldest gets a short time to end. */
const most = 3
const shortGraceSeconds = 10
const answerWithinMs = 2_000

type Elder = { pid: number; traffic: RouteTraffic[]; ended: Promise<void>; isOver: boolean }

/** The routers that handed over to this one, or to one before it, and still have something in flight; oldest first. */
export class Elders {
  readonly #all: Elder[] = []
  /** Counts of those that are gone. */
  #past: RouteTraffic[] = []
  #tracking = true

  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  get pids(): number[] {
    return this.#living().map(({ pid }) => pid)
  }

  /** Finds those that are alive; `latest`, which is just handing over, is the youngest of them. */
  async find(latest: number): Promise<void> {
    const pids = await otherRouters(this.folder, process.pid)
    const ordered = [
      ...pids.filter((pid) => pid !== latest),
      ...pids.filter((pid) => pid === latest),
    ]
    for (const pid of ordered) await this.#add(pid)
  }

  /** Ends the oldest where there are too many. */
  trim(): void {
    for (const { pid } of this.#living().slice(0, -most)) {
      this.log.warn('too many routers live on for their last requests: the oldest ends', { pid })
      void this.#tellToEnd(pid, shortGraceSeconds)
    }
  }

  /** Resolves when each follows the table. One that cannot must not carry requests to instances that are ending: it ends. */
  async follow(table: RouteTable): Promise<void> {
    await Promise.all(
      this.#living().map(async ({ pid }) => {
        try {
          const body: ElderTable = { table }
          await this.#ask(pid, 'PUT /elder/table', body)
        } catch (error) {
          if (!this.pids.includes(pid)) return
          this.log.warn('an older router cannot follow the table and ends', {
            pid,
            reason: String(error),
          })
          await this.#tellToEnd(pid, shortGraceSeconds)
        }
      }),
    )
  }

  /** How many requests to the instance are left in all of them, after the grace at the latest. */
  async drain(instance: InstanceId, graceSeconds: number): Promise<number> {
    const left = await Promise.all(
      this.#living().map(async ({ pid, ended }) => {
        const timeoutMs = Math.min(graceSeconds * 1000 + answerWithinMs, 2 ** 31 - 1)
        const body = { instance, graceSeconds }
        const asking = callRouter(this.folder, 'POST /elder/drain', {
          body,
          timeoutMs,
          elder: pid,
        }).then(
          ({ leftInFlight }) => leftInFlight,
          (error: unknown) => {
            this.log.warn('an older router cannot be drained', { pid, reason: String(error) })
            return 0 // It has ended, or it hangs: then nobody can say.
          },
        )
        return Promise.race([asking, ended.then(() => 0)])
      }),
    )
    return left.reduce((sum, each) => sum + each, 0)
  }

  /** Counts of those that are gone and, unless `living` is false, of the others. */
  async traffic(living = true): Promise<RouteTraffic[]> {
    if (living) await this.refresh()
    return sumTraffic([this.#past, ...(living ? this.#living().map(({ traffic }) => traffic) : [])])
  }

  /** Asks for the counts, so that those of one that dies are known. */
  async refresh(): Promise<void> {
    await Promise.all(
      this.#living().map(async (elder) => {
        const traffic = await this.#ask(elder.pid, 'GET /elder/traffic').catch(() => null) // It has just ended: its farewell said more.
        if (traffic !== null && !elder.isOver) elder.traffic = traffic
      }),
    )
  }

  /** The last counts of one that ends. */
  farewell({ pid, traffic }: Farewell): void {
    const elder = this.#all.find((each) => each.pid === pid)
    if (elder === undefined) return
    elder.traffic = traffic
    elder.isOver = true
  }

  /** Ends all, and returns when they are gone: those that hang a second after the grace by force. */
  async end(graceSeconds: number): Promise<void> {
    await Promise.all(
      this.#living().map(async ({ pid, ended }) => {
        await this.#tellToEnd(pid, graceSeconds)
        const force = setTimeout(() => kill(pid), (graceSeconds + 1) * 1000)
        await ended
        clearTimeout(force)
      }),
    )
  }

  /** The newer router looks after these from now on: what they count is its own affair. */
  leaveTo(pids: readonly number[]): void {
    this.#tracking = false
    for (const { pid, traffic } of this.#all.splice(0))
      if (!pids.includes(pid)) this.#past = sumTraffic([this.#past, settled(traffic)])
  }

  async #add(pid: number): Promise<void> {
    try {
      const line = await openLine(this.folder, pid)
      const elder: Elder = { pid, traffic: [], ended: line.broken, isOver: false }
      this.#all.push(elder)
      void line.broken.then(() => this.#gone(elder))
    } catch {
      return // It has just ended.
    }
    await this.refresh()
  }

  #gone(elder: Elder): void {
    if (!this.#tracking) return
    this.#all.splice(this.#all.indexOf(elder), 1)
    this.#past = sumTraffic([this.#past, settled(elder.traffic)])
    this.log.info('an older router has ended', { pid: elder.pid })
  }

  #living(): Elder[] {
    return [...this.#all]
  }

  #ask<C extends 'PUT /elder/table' | 'GET /elder/traffic'>(pid: number, call: C, body?: unknown) {
    return callRouter(this.folder, call, { body, timeoutMs: answerWithinMs, elder: pid })
  }

  async #tellToEnd(pid: number, graceSeconds: number): Promise<void> {
    try {
      const body = { graceSeconds }
      await callRouter(this.folder, 'POST /shutdown', {
        body,
        timeoutMs: answerWithinMs,
        elder: pid,
      })
    } catch (error) {
      if (!this.pids.includes(pid)) return
      this.log.warn('an older router does not end when asked', { pid, reason: String(error) })
      kill(pid)
    }
  }
}

/** Only of a process whose line is open: no other can have its number. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
