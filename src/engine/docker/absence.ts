/** What a daemon that is killed takes with it ends at that moment. */
const beforeMs = 500
/** One that finds containers running that it does not keep ends them first of all. */
const afterMs = 2_000

/** When the daemon was away last, as far as it was heard. */
export class Absence {
  #fromMs = Number.POSITIVE_INFINITY
  #toMs = Number.NEGATIVE_INFINITY

  begin(): void {
    this.#fromMs = Date.now()
    this.#toMs = Number.POSITIVE_INFINITY
  }

  end(): void {
    if (this.#fromMs <= Date.now()) this.#toMs = Date.now()
  }

  /** Whether what ended then may have ended with the daemon. */
  has(atMs: number): boolean {
    return atMs >= this.#fromMs - beforeMs && atMs <= this.#toMs + afterMs
  }
}
