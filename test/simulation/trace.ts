import { createHash } from 'node:crypto'

const kept = 60

/** What happened, line by line: a digest of all of it, and the last lines for whoever looks for the cause of a failure. */
export class Trace {
  readonly #hash = createHash('sha256')
  #last: string[] = []
  /** Told of every line; for a replay that is watched. */
  onLine: (line: string) => void = () => {}

  line(text: string): void {
    this.#hash.update(`${text}\n`)
    this.#last.push(text)
    if (this.#last.length > 2 * kept) this.#last = this.#last.slice(-kept)
    this.onLine(text)
  }

  get last(): readonly string[] {
    return this.#last.slice(-kept)
  }

  digest(): string {
    return this.#hash.copy().digest('hex')
  }
}
