import { inspect } from 'node:util'

const hidden = '‹hidden›'

/** A value that prints as `‹hidden›` in text, JSON and `inspect`; only `reveal()` gives it away. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that must hand it on (a process's environment, a cipher). */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}
