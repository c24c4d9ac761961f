import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeTree, treeBytes } from '../../base/tree.ts'
import { type Place, placeKey } from '../../model/environment.ts'
import type { InstanceId } from '../../model/instance.ts'
import { checkedLabel, isLabel } from '../../model/name.ts'
import { LogBook } from './log-book.ts'

/** The log books of all environments, each opened when it is first needed. All engines of a data folder write to the same ones. */
export class LogBooks {
  readonly #opened = new Map<string, Promise<LogBook>>()
  /** Of each engine that has said which instances it has. */
  readonly #settled: ReadonlySet<InstanceId>[] = []

  /** `engines`: how many write here. */
  constructor(
    private readonly folder: string,
    private readonly engines = 1,
  ) {}

  of(place: Place): Promise<LogBook> {
    const key = placeKey(place)
    const book = this.#opened.get(key) ?? this.#open(place)
    this.#opened.set(key, book)
    return book
  }

  /**
   * One engine has taken over all that the server before has left. When all have, there is only of these instances
   * output to read on.
   */
  async settle(instances: ReadonlySet<InstanceId>): Promise<void> {
    this.#settled.push(instances)
    if (!this.#isSettled) return
    for (const book of this.#opened.values())
      (await book).keepOffsets((instance) => this.#settled.some((some) => some.has(instance)))
  }

  /** Removes the logs of an app, or of one environment of it. What is gone is fine. */
  async forget({
    app,
    environment,
  }: {
    app: string
    environment?: string | undefined
  }): Promise<void> {
    await this.#close(
      (place) =>
        place.app === app && (environment === undefined || place.environment === environment),
    )
    await removeTree(this.#folderOf(app, environment))
  }

  /** Removes the logs of every other app, and says how many bytes they took. */
  async keepApps(isKept: (app: string) => boolean): Promise<number> {
    await this.#close(({ app }) => !isKept(app))
    let bytes = 0
    for (const app of (await names(this.folder)).filter(isLabel)) {
      if (isKept(app)) continue
      bytes += await treeBytes(join(this.folder, app))
      await removeTree(join(this.folder, app))
    }
    return bytes
  }

  async close(): Promise<void> {
    for (const book of this.#opened.values()) await (await book).close()
  }

  get #isSettled(): boolean {
    return this.#settled.length >= this.engines
  }

  async #close(isOver: (place: Place) => boolean): Promise<void> {
    for (const [key, book] of this.#opened) {
      const [app = '', environment = ''] = key.split('/')
      if (!isOver({ app, environment })) continue
      this.#opened.delete(key)
      await (await book).close()
    }
  }

  async #open({ app, environment }: Place): Promise<LogBook> {
    const book = await LogBook.open(this.#folderOf(app, environment))
    if (this.#isSettled)
      book.keepOffsets((instance) => this.#settled.some((some) => some.has(instance)))
    return book
  }

  #folderOf(app: string, environment: string | undefined): string {
    return join(
      this.folder,
      checkedLabel('app', app),
      environment === undefined ? '' : checkedLabel('environment', environment),
    )
  }
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] // Nothing was ever put there.
    throw error
  })
}
