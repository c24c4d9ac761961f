import { rmSync } from 'node:fs'
import { chown, open } from 'node:fs/promises'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import { bootId } from '../../base/processes.ts'
import { removeTree } from '../../base/tree.ts'
import type { SetSpec } from '../../model/set.ts'
import type { LogBook } from '../log/log-book.ts'
import { instanceEnvironment } from './environment.ts'
import type { Launch } from './launcher.ts'
import { OutputFollower } from './log-follower.ts'
import {
  type AppIdentity,
  appIdentity,
  makeAppFolder,
  makeAppPlaces,
  makeOwnFolder,
} from './places.ts'
import { holdPort, isFree } from './ports.ts'
import { type InstanceRecord, outputFile, runFile, writeRecord } from './record.ts'
import type { InSlug } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

/** What an instance has on this machine whether it runs or not: its record, port and folders, and its output. */
export class Belongings {
  readonly #around: Surroundings
  readonly #book: LogBook
  readonly #folder: string
  #record: InstanceRecord
  #output: OutputFollower | null = null

  constructor(around: Surroundings, record: InstanceRecord, book: LogBook) {
    this.#around = around
    this.#book = book
    this.#folder = join(around.places.instances, record.id)
    this.#record = record
  }

  get record(): Readonly<InstanceRecord> {
    return this.#record
  }

  /** Run file of the run that the record speaks of. */
  get runFile(): string {
    return runFile(this.#folder, this.#record.run)
  }

  /** Null until `openOutput` or `prepare`. */
  get output(): OutputFollower | null {
    return this.#output
  }

  async save(change: Partial<InstanceRecord>): Promise<void> {
    const record = { ...this.#record, ...change }
    await writeRecord(this.#folder, record)
    this.#record = record
  }

  /** Gets everything ready for the next run, of which the record then speaks, and says how to start it. */
  async prepare(
    spec: InSlug<SetSpec>,
    past: Pick<InstanceRecord, 'restarts' | 'lastExit'>,
  ): Promise<Launch> {
    const { places, account, groupOf, script } = this.#around
    const { app, environment } = spec.set
    const { id, run } = this.#record
    const group = await groupOf(app)
    const at = places.app(app)
    const [home, temporary] = [at.home(environment), at.temporary(id)]
    await makeOwnFolder(this.#folder)
    const port = await this.#port()
    const { folder } = spec
    await this.save({ ...past, ...startOf(run + 1), folder, port, group })
    await makeAppPlaces(at, account, group)
    for (const each of [home, temporary]) await makeAppFolder(each, account, group)
    await this.openOutput()
    return {
      script,
      command: spec.command,
      folder,
      environment: instanceEnvironment(spec, { id, port, home, temporary }),
      identity: this.#identity,
      outputFile: outputFile(this.#folder),
      runFile: this.runFile,
    }
  }

  /** Makes the output file, which the program may open again by its name, /dev/stderr, and follows it. */
  async openOutput(): Promise<void> {
    const file = outputFile(this.#folder)
    await (await open(file, 'a', 0o600)).close()
    const identity = this.#identity
    if ('uid' in identity) await chown(file, identity.uid, identity.gid)
    const { id, set } = this.#record
    const source = { instance: id, service: set.service, release: set.release }
    const { space, log } = this.#around
    this.#output ??= new OutputFollower(file, source, this.#book, space, log)
  }

  dropEarlierRun(): void {
    rmSync(runFile(this.#folder, this.#record.run - 1), { force: true })
  }

  /** Gives all of it back. The record goes last: until then another server can finish this. */
  async remove(): Promise<void> {
    const { id, set } = this.#record
    await this.#output?.close()
    await removeTree(this.#around.places.app(set.app).temporary(id))
    await this.#releasePort()
    await removeTree(this.#folder)
    this.#book.forget(id)
  }

  /** What a full disk keeps held is let go by the next start, which finds nobody who has it. */
  async #releasePort(): Promise<void> {
    const { ports, log } = this.#around
    try {
      await ports.release(this.#record.id)
    } catch (error) {
      if (!(error instanceof NaruError && error.code === 'data.full')) throw error
      log.warn('a port is held until the next start: the disk is full', { port: this.#record.port })
    }
  }

  get #identity(): AppIdentity {
    return appIdentity(this.#around.account, this.#record.group)
  }

  /** The port it had, unless somebody else listens there now. */
  async #port(): Promise<number> {
    const { id, port } = this.#record
    const { ports } = this.#around
    if (port !== 0 && (await isFree(port))) return port
    await ports.release(id)
    return holdPort(ports, id)
  }
}

const startOf = (run: number) => ({
  boot: bootId(),
  run,
  startedAt: new Date().toISOString(),
  wasHealthy: false,
})
