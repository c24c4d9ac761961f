import type { InstanceId } from '../../src/model/instance.ts'
import type { RouteTable } from '../../src/model/route.ts'
import type { Applied, Drained } from '../../src/route/router.ts'
import { checkTable, emptyTable } from '../../src/route/table.ts'
import { type Surroundings, WorldFault } from './surroundings.ts'

/** How long a call waits for a router that is gone. */
const giveUpAfterMs = 10_000

/** The router's process: what it serves, and whether it is there. It outlives every server. */
export class Gateway {
  isUp = true
  table: RouteTable = emptyTable
  /** It came back with a table that was replaced before, and nobody has given it the newest one yet. */
  isBehind = false
  onTable: (table: RouteTable) => void = () => {}
  /** Called when it serves again. */
  onReturn: () => void = () => {}
  #before: RouteTable[] = []
  /** Instances to which requests may be on their way. */
  readonly #reached = new Set<InstanceId>()
  #waiting: (() => void)[] = []

  constructor(private readonly around: Surroundings) {}

  apply(input: RouteTable): Applied {
    this.#alive()
    const { table, refused } = checkTable(structuredClone(input), this.table)
    if (table.number !== this.table.number) this.#before = [...this.#before, this.table].slice(-3)
    this.table = table
    this.isBehind = false
    for (const id of this.named()) this.#reached.add(id)
    this.onTable(table)
    return { number: table.number, refused }
  }

  served(): number {
    this.#alive()
    return this.table.number
  }

  /** Answers when nothing is on its way to the instance any more, or when the grace is over. */
  async drain(instance: InstanceId, graceSeconds: number): Promise<Drained> {
    this.#alive()
    const { agenda, random, violate } = this.around
    if (this.named().has(instance) && !this.isBehind)
      violate(`${instance} is drained while table ${this.table.number} names it`)
    const ms = random.chance(0.6) ? 0 : random.between(0, graceSeconds * 1200)
    await new Promise<void>((resolve) => {
      agenda.in(Math.min(ms, graceSeconds * 1000), `${instance} is drained`, resolve)
    })
    this.#alive()
    if (!this.named().has(instance)) this.#reached.delete(instance)
    return { leftInFlight: ms > graceSeconds * 1000 ? 1 : 0 }
  }

  /** Whether requests may be on their way to it. */
  isReached(instance: InstanceId): boolean {
    return this.#reached.has(instance)
  }

  /** The instances that get requests. */
  named(): Set<InstanceId> {
    return new Set(instancesIn(this.table).map(({ id }) => id))
  }

  die(): void {
    if (!this.isUp) return
    this.around.trace.line(`${this.around.agenda.nowMs} the router dies`)
    this.isUp = false
    this.#reached.clear() // Whatever was on its way has ended with it.
  }

  /** With the table it had on disk, which may be one that was replaced. */
  comeBack(): void {
    if (this.isUp) return
    const newest = this.named()
    const older = this.#before.at(-1)
    if (older !== undefined && this.around.random.chance(0.3)) {
      this.#before.pop()
      this.table = older
      this.isBehind = true
    }
    this.around.trace.line(`${this.around.agenda.nowMs} the router is back: ${this.table.number}`)
    this.isUp = true
    // What an older table alone names is beyond Naru: nobody can have known of it.
    for (const id of this.named()) if (newest.has(id)) this.#reached.add(id)
    for (const wake of this.#waiting.splice(0)) wake()
    this.onReturn()
  }

  /** False when it did not come back in time. */
  whenUp(): Promise<boolean> {
    if (this.isUp) return Promise.resolve(true)
    return new Promise((resolve) => {
      const cancel = this.around.agenda.in(giveUpAfterMs, 'a call of the router is given up', () =>
        resolve(this.isUp),
      )
      this.#waiting.push(() => {
        cancel()
        resolve(true)
      })
    })
  }

  #alive(): void {
    if (!this.isUp) throw new WorldFault('the router is gone')
  }
}

export const instancesIn = ({ routes }: RouteTable) =>
  routes.flatMap(({ app, environment, service, backends }) =>
    backends.flatMap(({ release, instances }) =>
      instances.map(({ id }) => ({ id, app, environment, service, release })),
    ),
  )
