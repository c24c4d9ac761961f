const stepsMs = [250, 1_000, 3_000, 9_000, 30_000]
const steadyMs = 60_000

/** How long to wait before a program that has ended by itself is started again. */
export class Backoff {
  #step = 0

  /** `healthyForMs` is the longest unbroken health of the run that has ended: after a minute of it, the waits begin anew. */
  nextMs(healthyForMs: number): number {
    if (healthyForMs >= steadyMs) this.#step = 0
    const wait = stepsMs[this.#step] ?? 0
    this.#step = Math.min(this.#step + 1, stepsMs.length - 1)
    return wait
  }
}
