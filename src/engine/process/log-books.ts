import { type Place, placeKey } from '../../model/environment.ts'
import type { InstanceId } from '../../model/instance.ts'
import { LogBook } from './log-book.ts'
import type { Places } from './places.ts'

/** The log books of all environments, each opened when it is first needed. */
export class LogBooks {
  readonly #places: Places
  readonly #opened = new Map<string, Promise<LogBook>>()
  #isSettled = false

  constructor(places: Places) {
    this.#places = places
  }

  of(place: Place): Promise<LogBook> {
    const key = placeKey(place)
    const book = this.#opened.get(key) ?? this.#open(place)
    this.#opened.set(key, book)
    return book
  }

  /** All that the server before has left is taken over: only of these instances is there output to read on. */
  async settle(instances: ReadonlySet<InstanceId>): Promise<void> {
    this.#isSettled = true
    for (const book of this.#opened.values())
      (await book).keepOffsets((instance) => instances.has(instance))
  }

  /** Closes the books of what is no more. */
  async keepOnly(isKept: (app: string, environment: string) => boolean): Promise<void> {
    for (const [key, book] of this.#opened) {
      const [app = '', environment = ''] = key.split('/')
      if (isKept(app, environment)) continue
      this.#opened.delete(key)
      await (await book).close()
    }
  }

  async close(): Promise<void> {
    for (const book of this.#opened.values()) await (await book).close()
  }

  async #open({ app, environment }: Place): Promise<LogBook> {
    const book = await LogBook.open(this.#places.log(app, environment))
    if (this.#isSettled) book.keepOffsets(() => false)
    return book
  }
}
