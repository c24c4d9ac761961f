import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Naru, until } from '../support/naru.ts'

const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '']
const library = folders
  .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
  .find((file) => existsSync(file))

/** The wall clock of one Naru's programs, which can be set while they run; what counts from boot goes on as it did. */
export class FalseClock {
  /** Whether the library that it needs, libfaketime, is installed. */
  static readonly isThere = library !== undefined
  readonly #folder = mkdtempSync(join(tmpdir(), 'naru-clock-'))
  readonly #file = join(this.#folder, 'offset')

  constructor() {
    mkdirSync(this.#folder, { recursive: true })
    writeFileSync(this.#file, '+0')
  }

  /** For `naru up`. */
  get environment(): Record<string, string> {
    return {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_CACHE_DURATION: '1',
    }
  }

  /** From now on the wall clock is off by so many seconds. Resolves when the server's API answers with that date. */
  async set(naru: Naru, seconds: number): Promise<void> {
    this.put(seconds)
    await until(
      async () => Math.abs((await this.offset(naru)) - seconds) < 30,
      `the server's clock to be off by ${seconds} s`,
    )
  }

  /** From now on it is the same second for ever. Resolves when the server's API answers with that date. */
  async stop(naru: Naru): Promise<void> {
    writeFileSync(this.#file, '2026-01-01 00:00:00')
    const isThen = async () => (await this.date(naru)).startsWith('2026-01-01T00:00:00')
    await until(isThen, "the server's clock to stand still")
  }

  /** The same as `set` for a server that does not run. */
  put(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}`)
  }

  /** By how many seconds the server is ahead. */
  async offset(naru: Naru): Promise<number> {
    return (Date.parse(await this.date(naru)) - Date.now()) / 1000
  }

  /** What time it is for the server, ISO 8601. */
  async date(naru: Naru): Promise<string> {
    const { headers } = await fetch(`http://127.0.0.1:${naru.api}/`)
    return new Date(headers.get('date') ?? '').toISOString()
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }
}
