import type { Unsubscribe } from './engine.ts'

/** Tells listeners that instances have changed: once, whatever changes in one turn of the event loop. */
export class Changes {
  readonly #listeners = new Set<() => void>()
  #due: NodeJS.Immediate | null = null

  watch(listener: () => void): Unsubscribe {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(): void {
    this.#due ??= setImmediate(() => {
      this.#due = null
      for (const listener of this.#listeners) listener()
    })
  }

  /** Nobody is told of anything any more. */
  close(): void {
    if (this.#due !== null) clearImmediate(this.#due)
    this.#listeners.clear()
  }
}
