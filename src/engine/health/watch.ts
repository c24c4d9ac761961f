import type { HealthSpec } from '../../model/spec.ts'
import { pause } from '../pause.ts'
import {
  endHealth,
  type HealthState,
  healthyForMs,
  judge,
  nextProbeMs,
  unknownHealth,
} from './health.ts'
import { type ProbeResult, probe } from './probe.ts'

export type WatchedRun = {
  routed: boolean
  host: string
  port: number
  spec: HealthSpec
  /** Ports that its processes listen on; asked while it is not healthy. */
  listening(): Promise<Iterable<number>>
  /** Whether an earlier server saw this run healthy. */
  wasHealthy: boolean
}

export type WatchEvents = { changed(): void; becameHealthy(): void; failed(error: unknown): void }

const listeningEveryMs = 400

/** Finds out how one run of an instance is, until it is told to end: by probes if it is routed. */
export class HealthWatch {
  /** Resolves when the first probe was answered, or will never be. */
  readonly looked: Promise<void>
  readonly #run: WatchedRun
  readonly #events: WatchEvents
  readonly #end = new AbortController()
  #state: HealthState
  #listening: number[] = []
  #listeningAtMs = Number.NEGATIVE_INFINITY
  #look: () => void = () => {}

  /** `delaySeconds` come before the first probe. */
  constructor(run: WatchedRun, delaySeconds: number, events: WatchEvents) {
    this.#run = run
    this.#events = events
    this.#state = unknownHealth(run.wasHealthy)
    this.looked = new Promise((resolve) => {
      this.#look = resolve
    })
    if (run.routed) this.#probe(delaySeconds * 1000).catch(events.failed)
    else this.#beAlive()
  }

  get health(): HealthState['health'] {
    return this.#state.health
  }

  get reason(): string | null {
    return this.#state.reason
  }

  get healthyForMs(): number {
    return healthyForMs(this.#state, performance.now())
  }

  /** Ports that the run listens on, as they were a moment ago; empty while it is healthy. */
  get listening(): number[] {
    return this.#state.health === 'healthy' ? [] : this.#listening
  }

  /** Ends the watch and returns the longest unbroken health of the run, in milliseconds. */
  end(): number {
    this.#end.abort()
    this.#look()
    this.#state = endHealth(this.#state, performance.now())
    return this.#state.longestMs
  }

  async #probe(delayMs: number): Promise<void> {
    const { host, port, spec } = this.#run
    const target = { host, port, ...spec }
    for (let waitMs = delayMs; await pause(waitMs, this.#end.signal); ) {
      const result = await probe(target)
      if (this.#end.signal.aborted) return
      this.#judge(result)
      if (!result.ok) await this.#findListening()
      this.#look()
      waitMs = nextProbeMs(this.#state, spec.everySeconds, performance.now())
    }
  }

  #beAlive(): void {
    this.#judge({ ok: true })
    this.#look()
  }

  #judge(result: ProbeResult): void {
    const before = this.#state
    this.#state = judge(before, result, performance.now())
    if (before.health === this.#state.health) return
    if (this.#state.health === 'healthy') this.#events.becameHealthy()
    this.#events.changed()
  }

  async #findListening(): Promise<void> {
    if (performance.now() - this.#listeningAtMs < listeningEveryMs) return
    this.#listeningAtMs = performance.now()
    const before = this.#listening
    this.#listening = [...(await this.#run.listening())]
    if (before.join() !== this.#listening.join()) this.#events.changed()
  }
}
