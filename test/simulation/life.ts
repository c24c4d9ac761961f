import { AsyncLocalStorage } from 'node:async_hooks'
import type { KyselyPlugin } from 'kysely'
import type { Clock } from '../../src/base/clock.ts'
import { NaruError } from '../../src/base/error.ts'
import type { Db, Store } from '../../src/store/store.ts'
import { type Surroundings, WorldFault } from './surroundings.ts'

/** Thrown into a server that has died: whatever it still does with it is not seen by anybody. */
class Died extends Error {}

export type CallOptions = {
  /** May fail, as the world is in trouble. */
  mayFail?: boolean
  /** Takes about so long; a millisecond unless it is said. */
  meanMs?: number
  /** Is mostly answered without a step of its own, as it is asked so often. */
  often?: boolean
}

/**
 * One server from its start to its death, as far as the world goes: its clock, its way to every door, and its store.
 * It can die at each of its points: before and after each call, query and change.
 */
export class Life {
  isDead = false
  /** It was told to end: what it still waits for is let go of. */
  isClosing = false
  /** Dies when so many points have passed. */
  pointsLeft = Number.POSITIVE_INFINITY
  /** Changes of the store that are under way. */
  changing = 0
  readonly #begunMs: number
  readonly #waiting = new Set<() => void>()

  constructor(
    private readonly around: Surroundings,
    readonly number: number,
  ) {
    this.#begunMs = around.agenda.nowMs
  }

  clock(servedBefore: number): Clock {
    const { agenda, wall } = this.around
    return {
      now: wall,
      served: () => servedBefore + Math.floor(agenda.nowMs - this.#begunMs),
      after: (ms, callback) =>
        agenda.in(ms, 'timer', () => {
          if (!this.isDead) callback()
        }),
    }
  }

  /** Something waits for the outside for long: it is let go of when the server is told to end. */
  onClose(letGo: () => void): void {
    this.#waiting.add(letGo)
  }

  close(): void {
    for (const letGo of this.#waiting) letGo()
    this.#waiting.clear()
  }

  /** Something that takes place outside: it happens, or fails, or happens although nobody hears of it any more. */
  call<T>(name: string, effect: () => T | Promise<T>, options: CallOptions = {}): Promise<T> {
    const { agenda, random, trace, trouble } = this.around
    if (this.point()) return new Promise(() => {})
    const { mayFail = false, meanMs = 1, often = false } = options
    const latencyMs = random.around(meanMs * trouble.slowness) - 1
    const fails = mayFail && random.chance(trouble.failing)
    const happens = !fails || random.chance(0.3)
    if (often && !fails && latencyMs === 0 && random.chance(0.7)) return attempt(effect)
    return new Promise<T>((resolve, reject) => {
      const answer = (settle: () => void): void => {
        agenda.in(random.chance(0.7) ? 0 : random.around(meanMs), name, () => {
          if (this.isDead) return
          trace.line(`${agenda.nowMs} ${name}${fails ? ' fails' : ''}`)
          if (!this.point()) settle()
        })
      }
      const carryOut = (): void => {
        if (this.isDead && random.chance(0.5)) return
        const failure = fails ? new WorldFault(`${name}: no answer`) : undefined
        if (!happens) answer(() => reject(failure))
        else
          attempt(effect).then(
            (value) => answer(() => (failure === undefined ? resolve(value) : reject(failure))),
            (error: unknown) => answer(() => reject(error)),
          )
      }
      if (latencyMs === 0) carryOut()
      else agenda.in(latencyMs, `${name} reaches its door`, carryOut)
    })
  }

  /** Whether it is dead, from here on or already. */
  point(): boolean {
    this.pointsLeft -= 1
    if (this.pointsLeft < 0 && !this.isDead) {
      this.around.trace.line(`${this.around.agenda.nowMs} the server dies`)
      this.isDead = true
    }
    return this.isDead
  }

  /** The store as this server has it: with it the server dies between any two queries, and disks get full. */
  store(real: Store): Store {
    const { trouble, random } = this.around
    const plugin = this.#plugin()
    const inside = new AsyncLocalStorage<true>()
    const full = () => new NaruError('data.full', { folder: real.folder })
    const write = async <T>(change: (db: Db) => Promise<T>): Promise<T> => {
      if (inside.getStore()) throw new Error('a write inside a write would wait for itself')
      this.#live()
      if (trouble.isDiskFull && random.chance(0.5)) throw full()
      this.changing += 1
      try {
        const result = await real.write(async (db) => {
          this.#live()
          const made = await inside.run(true, () => change(db.withPlugin(plugin)))
          this.#live()
          if (trouble.isDiskFull && random.chance(0.5)) throw full()
          return made
        })
        this.#live()
        return result
      } finally {
        this.changing -= 1
      }
    }
    return { ...real, db: real.db.withPlugin(plugin), write }
  }

  #plugin(): KyselyPlugin {
    return {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        this.#live()
        return result
      },
    }
  }

  #live(): void {
    if (this.point()) throw new Died('the server has died')
  }
}

/** What becomes of it at once is told at once, whether it was thrown or rejected. */
async function attempt<T>(effect: () => T | Promise<T>): Promise<T> {
  return effect()
}
