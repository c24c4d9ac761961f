/** Work of which, for each key, no two pieces go on at once: each begins when the one before it is over, however that ended. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work)
    const settled = turn.catch(() => {}) // Whoever asked for it is told.
    this.#last.set(key, settled)
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    })
    return turn
  }

  /** Resolves when none of what was begun until now goes on. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
