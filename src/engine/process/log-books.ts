import { type Place, placeKey } from '../../model/environment.ts'
import { LogBook } from './log-book.ts'
import type { Places } from './places.ts'

/** The log books of all environments, each opened when it is first needed. */
export class LogBooks {
  readonly #places: Places
  readonly #opened = new Map<string, Promise<LogBook>>()

  constructor(places: Places) {
    this.#places = places
  }

  of(place: Place): Promise<LogBook> {
    const key = placeKey(place)
    const book =
      this.#opened.get(key) ?? LogBook.open(this.#places.log(place.app, place.environment))
    this.#opened.set(key, book)
    return book
  }

  /** Closes the books of apps that are no more. */
  async keepOnly(isKept: (app: string) => boolean): Promise<void> {
    for (const [key, book] of this.#opened) {
      if (isKept(key.slice(0, key.indexOf('/')))) continue
      this.#opened.delete(key)
      await (await book).close()
    }
  }

  async close(): Promise<void> {
    for (const book of this.#opened.values()) await (await book).close()
  }
}
