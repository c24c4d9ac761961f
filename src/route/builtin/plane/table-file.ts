import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { RouteTable } from '../../../model/route.ts'
import { checkTable, emptyTable } from '../../table.ts'

/** Where a router keeps the table that it serves, so that one that comes back serves the same. */
export class TableFile {
  readonly #path: string
  readonly #aside: string
  /** The last table on its way to the file's name. */
  #named: Promise<void> = Promise.resolve()
  /** What the next table is written to, opened ahead: beside many visitors each wait for the disk takes milliseconds. */
  #next: Promise<FileHandle> | null = null

  /** `folder`: the router's own. */
  constructor(folder: string) {
    this.#path = join(folder, 'table.json')
    this.#aside = `${this.#path}.new`
  }

  /** The table that was written last; the empty one if there was none. Throws when no file can be understood. */
  async read(): Promise<RouteTable> {
    const [named, aside] = await Promise.allSettled([tableIn(this.#path), tableIn(this.#aside)])
    // Written and not named yet is written; what is there of a half-written one is no JSON.
    const next = aside.status === 'fulfilled' ? aside.value : null
    if (named.status === 'rejected' && next === null) throw named.reason
    const last = named.status === 'fulfilled' ? named.value : null
    if (last === null || next === null) return last ?? next ?? emptyTable
    return next.number > last.number ? next : last
  }

  /**
   * Keeps the table: `read` finds it when this resolves; when it rejects, the one before is still there. Once `named`
   * resolves it has the file's own name, for older routers, and another router may write here. It is on the platter a
   * moment later, which `synced` tells: a machine that loses its power loses its instances too, and no table of before is
   * right then, so that nobody needs to wait for the disk. Not to be called again before it has resolved.
   */
  async write(table: RouteTable): Promise<{ named: Promise<void>; synced: Promise<void> }> {
    const opened = this.#next ?? this.#open()
    this.#next = null
    const file = await opened.catch(() => this.#open())
    try {
      await file.writeFile(JSON.stringify({ version: fileVersion, table }))
    } catch (error) {
      await file.close()
      throw error
    }
    this.#named = this.#name()
    const next = this.#open()
    this.#next = next
    return {
      // Where nothing can be opened, it is tried again when there is a table, and heard of then.
      named: next.then(
        () => {},
        () => this.#named,
      ),
      synced: file.sync().finally(() => file.close()),
    }
  }

  /** Only once the last table has its name. */
  async #open(): Promise<FileHandle> {
    await this.#named.catch(() => {
      this.#named = this.#name()
      return this.#named
    })
    return open(this.#aside, 'w', 0o600)
  }

  #name(): Promise<void> {
    return rename(this.#aside, this.#path)
  }
}

/** Of what is in a file; what is only added to a route changes nothing about it. */
const fileVersion = 1

async function tableIn(path: string): Promise<RouteTable | null> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown; table?: unknown }
    if (kept.version !== fileVersion) throw new Error(`${path} is of version ${kept.version}`)
    return checkTable(kept.table, emptyTable).table
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
