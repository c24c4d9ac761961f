import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Place } from '../../model/environment.ts'
import type { JobEnd } from '../engine.ts'

/** How a run ended, or why it is to end: what the daemon does not keep. */
export type DockerJobRecord = {
  version: 1
  place: Place
  run: number
  ending: 'cancelled' | 'timed-out' | null
  end: (JobEnd & { at: string }) | null
}

/** "shop.production.3": of a run, in no other's way. */
export const jobName = ({ place, run }: { place: Place; run: number }): string =>
  `${place.app}.${place.environment}.${run}`

/** The ends of the latest runs, a file each. */
export class JobRecords {
  constructor(private readonly folder: string) {}

  async all(): Promise<DockerJobRecord[]> {
    const names = await readdir(this.folder).catch(() => []) // Nothing was ever put there.
    const records = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .map((name) => this.#read(join(this.folder, name))),
    )
    return records.filter((record) => record !== null)
  }

  read(of: { place: Place; run: number }): Promise<DockerJobRecord | null> {
    return this.#read(this.#fileOf(of))
  }

  /** Replaces it in one step. */
  async write(record: DockerJobRecord): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    const file = this.#fileOf(record)
    await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  async remove(of: { place: Place; run: number }): Promise<void> {
    await rm(this.#fileOf(of), { force: true })
  }

  async #read(file: string): Promise<DockerJobRecord | null> {
    try {
      const record = JSON.parse(await readFile(file, 'utf8')) as DockerJobRecord
      return record.version === 1 ? record : null
    } catch {
      return null // There is none, or it was cut off before its container was made.
    }
  }

  #fileOf(of: { place: Place; run: number }): string {
    return join(this.folder, `${jobName(of)}.json`)
  }
}
