import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Parts } from '../../src/deploy/parts.ts'
import { unfinishedDeployments } from '../../src/store/deployments.ts'
import { listEnvironments } from '../../src/store/environments.ts'
import { Actors } from './actors.ts'
import { Agenda } from './agenda.ts'
import { Commits } from './commits.ts'
import { strike } from './disasters.ts'
import { Gateway } from './gateway.ts'
import { Ledger } from './ledger.ts'
import { Machine } from './machine.ts'
import { unrest } from './quiet.ts'
import { Random } from './random.ts'
import { Server } from './server.ts'
import type { Surroundings } from './surroundings.ts'
import { Trace } from './trace.ts'
import { watchWorld } from './watch.ts'

const beginning = Date.parse('2030-01-01T00:00:00Z')
/** Steps of one stretch in which everything happens; then the world is calm until it is as it should be. */
const wildSteps = 1200
/** The longest that a calm world may take for it. */
const calmMs = 15 * 60_000
const calmSteps = 8000

/** A whole world in one process: one seed, one history. */
export class World {
  readonly random: Random
  readonly trace = new Trace()
  readonly ledger: Ledger
  readonly #agenda: Agenda
  readonly #around: Surroundings
  readonly #machine: Machine
  readonly #gateway: Gateway
  readonly #commits: Commits
  readonly #actors: Actors
  readonly #folder: string
  readonly #spoil: (parts: Parts) => Parts
  #server: Server | null = null
  #servers = 0
  #ending: { server: Server; done: boolean; sinceMs: number } | null = null
  #wallAheadMs = 0
  #broken: string | null = null
  #calmSince: { step: number; ms: number } | null = null
  #wildUntil = wildSteps
  steps = 0
  /** How often the world came to rest. */
  rests = 0

  constructor(seed: number, spoil: (parts: Parts) => Parts = (parts) => parts) {
    this.#spoil = spoil
    this.#folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'naru-sim-'))
    this.random = new Random(seed)
    this.#agenda = new Agenda(this.random)
    this.#around = {
      random: this.random,
      agenda: this.#agenda,
      trace: this.trace,
      trouble: { isCalm: false, isDiskFull: false, failing: 0, slowness: 1 },
      wall: () => new Date(beginning + this.#agenda.nowMs + this.#wallAheadMs),
      setWall: (ms) => {
        this.#wallAheadMs += ms
      },
      violate: (what) => {
        this.trace.line(`${this.#agenda.nowMs} BROKEN: ${what}`)
        this.#broken ??= what
      },
    }
    this.#commits = new Commits(this.random)
    this.ledger = new Ledger(this.#around)
    this.#machine = new Machine(this.#around, this.#commits)
    this.#gateway = new Gateway(this.#around)
    this.#actors = new Actors(this.#around, this.#commits, this.ledger)
    watchWorld(this.#around, {
      machine: this.#machine,
      gateway: this.#gateway,
      ledger: this.ledger,
      commits: this.#commits,
    })
    this.#actLater()
    this.#strikeLater()
  }

  /** What was promised and did not hold; null while everything does. */
  get broken(): string | null {
    return this.#broken
  }

  get nowMs(): number {
    return this.#agenda.nowMs
  }

  get servers(): number {
    return this.#servers
  }

  /** Lets one thing happen, and all that follows from it at once. */
  async step(): Promise<void> {
    await this.#serverLives()
    const name = this.#agenda.next()
    this.steps += 1
    if (name === undefined) this.#around.violate('nothing ever happens any more')
    await this.#settle()
    await this.#rest()
  }

  async end(): Promise<void> {
    await this.#server?.bury()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** All that follows from a step takes no time of its own; only a copy of the database takes several turns. */
  async #settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while ((this.#server?.life.changing ?? 0) > 0)
  }

  async #serverLives(): Promise<void> {
    if (this.#server?.isDead) {
      await this.#server.bury()
      this.#server = null
      this.#ending = null
      const downMs = this.random.around(this.random.chance(0.8) ? 1500 : 60_000)
      this.#agenda.in(downMs, 'the server starts', () => this.#startLater())
    }
    if (this.#servers === 0) this.#startLater()
    if (!this.#isStarting) return
    this.#isStarting = false
    this.#servers += 1
    this.trace.line(`${this.#agenda.nowMs} server ${this.#servers} starts`)
    this.#server = await Server.start(
      this.#around,
      {
        folder: this.#folder,
        machine: this.#machine,
        gateway: this.#gateway,
        commits: this.#commits,
        ledger: this.ledger,
        spoil: this.#spoil,
      },
      this.#servers,
    )
  }

  #isStarting = false

  #startLater(): void {
    this.#isStarting = true
  }

  #actLater(): void {
    this.#agenda.in(this.random.around(1200), 'somebody acts', () => {
      this.#actLater()
      const { isCalm } = this.#around.trouble
      if (!isCalm && this.#server !== null && !this.#server.isDead) this.#actors.act(this.#server)
    })
  }

  #strikeLater(): void {
    this.#agenda.in(this.random.around(9000), 'a disaster', () => {
      this.#strikeLater()
      if (this.#around.trouble.isCalm) return
      const struck = { machine: this.#machine, gateway: this.#gateway, server: this.#server }
      if (strike(this.#around, struck)) this.#endServer()
    })
  }

  #endServer(): void {
    const server = this.#server
    if (server === null || server.isDead || this.#ending !== null) return
    const ending = { server, done: false, sinceMs: this.#agenda.nowMs }
    this.#ending = ending
    server.end().then(
      () => {
        ending.done = true
      },
      (error: unknown) => {
        if (!server.isDead) this.#around.violate(`the server could not end: ${String(error)}`)
      },
    )
  }

  /** After a wild stretch the world is calm, until it is as it should be; then time passes, and it begins anew. */
  async #rest(): Promise<void> {
    const { trouble } = this.#around
    if (this.#ending !== null && !this.#ending.done && !this.#ending.server.isDead)
      if (this.#agenda.nowMs - this.#ending.sinceMs > 10 * 60_000)
        this.#around.violate('the server was told to end and does not')
    if (!trouble.isCalm) {
      if (this.steps >= this.#wildUntil) this.#calm()
      return
    }
    if (this.#calmSince === null || this.steps % 20 !== 0) return
    const why = await this.#unrest()
    if (why === undefined) return this.#wake()
    const { step, ms } = this.#calmSince
    if (this.steps - step > calmSteps || this.#agenda.nowMs - ms > calmMs)
      this.#around.violate(
        `after ${Math.round((this.#agenda.nowMs - ms) / 1000)} calm seconds: ${why}`,
      )
  }

  #calm(): void {
    const { trouble } = this.#around
    Object.assign(trouble, { isCalm: true, isDiskFull: false, failing: 0, slowness: 1 })
    if (this.#server !== null) this.#server.life.pointsLeft = Number.POSITIVE_INFINITY
    this.trace.line(`${this.#agenda.nowMs} the world is calm`)
    this.#calmSince = { step: this.steps, ms: this.#agenda.nowMs }
    this.#gateway.comeBack()
    this.#machine.calm()
  }

  #wake(): void {
    this.rests += 1
    this.trace.line(`${this.#agenda.nowMs} the world is as it should be`)
    this.#calmSince = null
    this.#around.trouble.isCalm = false
    this.#wildUntil = this.steps + wildSteps
    this.#agenda.leap(this.random.around(6 * 3_600_000))
  }

  async #unrest(): Promise<string | undefined> {
    const server = this.#server
    if (server === null || server.isDead) return 'there is no server'
    const { db } = server.store
    await this.#askForBlocked(server)
    return unrest(db, {
      machine: this.#machine,
      gateway: this.#gateway,
      ledger: this.ledger,
      server,
    })
  }

  /** What is blocked waits for a person. */
  async #askForBlocked(server: Server): Promise<void> {
    for (const place of await listEnvironments(server.store.db))
      for (const { number, rollout } of await unfinishedDeployments(server.store.db, place)) {
        if (rollout.status !== 'blocked' || server.unanswered.size > 0) continue
        if (rollout.problem === null)
          this.#around.violate(`deployment ${number} is blocked, and does not say why`)
        this.#actors.ask(server, `abort what is blocked`, place, async () => {
          await server.naru.abort(place, number, 'ada')
          return undefined
        })
      }
  }
}
